package wurstchen.onnx.internal.doctor;

import java.util.List;
import wurstchen.onnx.internal.cuda.CudaDriver;
import wurstchen.onnx.internal.cuda.Gpu;

/** Examines the driver and its GPUs. */
final class GpuExamination {
    private final CudaDriver.State state;
    private final int index;
    private final Findings findings;

    GpuExamination(CudaDriver.State state, int index, Findings findings) {
        this.state = state;
        this.index = index;
        this.findings = findings;
    }

    void examine() {
        findings.line("driver", describeDriver());
        List<Gpu> gpus = state.gpus();
        for (int i = 0; i < gpus.size(); i++) {
            findings.line("cuda:" + i, gpus.get(i).toString());
        }
        if (state.problem().isPresent()) {
            findings.problem(state.problem().get());
        } else if (index >= gpus.size()) {
            findings.problem("there is no cuda:" + index + ": "
                    + (gpus.isEmpty() ? "the driver has no GPU" : "the last one is cuda:" + (gpus.size() - 1)));
        }
    }

    private String describeDriver() {
        if (state.version().isEmpty() && state.cuda() == 0) {
            return state.problem().isPresent() ? "none that works" : "of unknown version";
        }
        return state.version().map(version -> "NVIDIA " + version).orElse("NVIDIA")
                + (state.cuda() == 0 ? "" : ", runs CUDA up to " + state.cudaVersion());
    }
}
