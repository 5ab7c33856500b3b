package wurstchen.onnx.process;

import com.google.common.collect.ImmutableMap;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;
import wurstchen.onnx.CudaDevice;
import wurstchen.onnx.Device;
import wurstchen.onnx.Internals;

/**
 * What this process has of each memory. That of the host is known on Linux only.
 *
 * @param kinds says how many bytes there are, by the name of a memory
 */
public record ProcessMemory(ImmutableMap<String, LongSupplier> kinds) {
    private static final Path STATUS = Path.of("/proc/self/status");

    /** Of this process on a device. To be called before anything was done on the device. */
    static ProcessMemory on(Device device) {
        ImmutableMap.Builder<String, LongSupplier> kinds = ImmutableMap.builder();
        kinds.put("the host's memory", ProcessMemory::resident);
        if (device instanceof CudaDevice cuda) {
            kinds.put("the GPU's memory", OwnGpuMemory.beforeUse(Internals.index(cuda))::usedBytes);
        }
        return new ProcessMemory(kinds.buildOrThrow());
    }

    /** Bytes of the host's memory. */
    public static long resident() {
        try {
            String line = Files.readAllLines(STATUS).stream().filter(each -> each.startsWith("VmRSS:")).findFirst().orElseThrow();
            return 1024 * Long.parseLong(line.replaceAll("\\D", ""));
        } catch (IOException e) {
            throw new IllegalStateException("cannot tell this process's memory: that needs Linux and its " + STATUS, e);
        }
    }

    /** Of each memory, rounded down. */
    Map<String, Long> megabytes() {
        System.gc();
        Map<String, Long> megabytes = new LinkedHashMap<>();
        kinds.forEach((kind, bytes) -> megabytes.put(kind, bytes.getAsLong() >> 20));
        return megabytes;
    }

    @Override
    public String toString() {
        return megabytes().entrySet().stream()
                .map(kind -> kind.getValue() + " MB of " + kind.getKey())
                .collect(Collectors.joining(", "));
    }
}
