package wurstchen.onnx;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.Optional;

/** What computes, in words, for reports of measurements. */
final class Hardware {
    private Hardware() {}

    static String of(Device device, HostSystem host, CudaDriver driver) {
        return device instanceof CudaDevice cuda ? gpu(cuda.index(), driver.get()) : cpu(host);
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
