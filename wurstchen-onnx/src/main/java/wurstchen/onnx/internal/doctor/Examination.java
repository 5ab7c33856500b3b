package wurstchen.onnx.internal.doctor;

import com.google.common.collect.ImmutableList;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import wurstchen.WurstchenException;
import wurstchen.onnx.DoctorReport;
import wurstchen.onnx.internal.common.HostSystem;
import wurstchen.onnx.internal.common.OneLine;
import wurstchen.onnx.internal.cuda.CudaDriver;
import wurstchen.onnx.internal.library.OrtArtifact;

/**
 * Examines everything that a device needs, in the order in which a start would fail.
 *
 * @param host the machine
 * @param artifact ONNX Runtime's artifact on the class path
 * @param driver NVIDIA's driver
 * @param trial starts ONNX Runtime
 */
public record Examination(HostSystem host, OrtArtifact artifact, CudaDriver driver, OrtTrial trial) {
    private static final String CUDA = "cuda:";

    public DoctorReport of(String device) {
        return of(device, true);
    }

    private DoctorReport of(String device, boolean thorough) {
        Findings findings = new Findings();
        findings.line("system", host.property("os.name").orElse("?") + " " + host.property("os.arch").orElse("?") + ", Java "
                + host.property("java.version").orElse("?"));
        boolean cuda = device.startsWith(CUDA);
        Optional<OrtFolder> folder = new OrtExamination(host, artifact, findings).examine(cuda, thorough);
        if (cuda) {
            examineCuda(Integer.parseInt(device.substring(CUDA.length())), folder, findings);
        } else {
            findings.line("GPUs", "not looked for: this is about the CPU; for a GPU ask about cuda");
        }
        if (thorough && findings.noProblem()) {
            tryIt(device, findings);
        }
        return new DoctorReport(device, findings.lines(), findings.problems());
    }

    /** Reports why a start failed: first what is known to be missing, then ONNX Runtime's message. */
    public DoctorReport ofFailure(String device, @Nullable String failure) {
        DoctorReport found = of(device, false);
        ImmutableList<String> problems = ImmutableList.<String>builder()
                .addAll(found.problems())
                .add("ONNX Runtime says: " + OneLine.of(failure))
                .build();
        return new DoctorReport(device, found.findings(), problems);
    }

    private void examineCuda(int index, Optional<OrtFolder> folder, Findings findings) {
        if (!host.linux() && !host.windows()) {
            findings.problem("there is no CUDA for " + host.property("os.name").orElse("this system") + ": use the CPU");
            return;
        }
        folder.ifPresent(found -> found.examineCuda(artifact, findings));
        CudaDriver.State state = driver.get();
        new GpuExamination(state, index, findings).examine();
        Optional<OrtFolder> provider = folder.filter(OrtFolder::hasCuda);
        if (provider.isPresent() && host.linux()) {
            new LinkExamination(host, state, findings).examine(provider.get().cudaProvider());
        } else if (provider.isPresent()) {
            findings.line("CUDA libraries", "not looked for: only Linux's linker is understood");
        }
    }

    private void tryIt(String device, Findings findings) {
        try {
            trial.run(device, words -> findings.line("trial", words));
        } catch (WurstchenException e) {
            findings.problem("nothing is missing, but ONNX Runtime does not start: " + OneLine.of(e.getMessage()));
        }
    }
}
