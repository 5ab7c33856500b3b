package wurstchen.onnx.internal.doctor;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.Optional;
import java.util.OptionalInt;
import wurstchen.onnx.internal.common.HostSystem;
import wurstchen.onnx.internal.cuda.CudaDriver;
import wurstchen.onnx.internal.cuda.Gpu;

/** Describes the hardware of a device, for reports of measurements. */
public final class Hardware {
    private Hardware() {}

    /** Returns the description; {@code gpu} is the index of a GPU in CUDA's order, empty for the CPU. */
    public static String of(OptionalInt gpu, HostSystem host, CudaDriver driver) {
        return gpu.isPresent() ? gpu(gpu.getAsInt(), driver.get()) : cpu(host);
    }

    private static String gpu(int index, CudaDriver.State state) {
        if (index >= state.gpus().size()) {
            return "no such GPU";
        }
        Gpu gpu = state.gpus().get(index);
        return new Gpu(gpu.name(), gpu.bytes(), Optional.empty(), gpu.capability())
                + state.version().map(version -> ", driver " + version).orElse("") + ", which runs CUDA up to " + state.cudaVersion();
    }

    private static String cpu(HostSystem host) {
        return processor(host).orElseGet(() -> host.property("os.arch").orElse("unknown processor"));
    }

    private static Optional<String> processor(HostSystem host) {
        if (host.windows()) {
            return host.variable("PROCESSOR_IDENTIFIER");
        }
        try {
            return Files.readString(host.root().resolve("proc/cpuinfo"), StandardCharsets.ISO_8859_1)
                    .lines()
                    .filter(line -> line.startsWith("model name"))
                    .map(line -> line.substring(line.indexOf(':') + 1).strip())
                    .findFirst();
        } catch (IOException e) {
            return Optional.empty();
        }
    }
}
