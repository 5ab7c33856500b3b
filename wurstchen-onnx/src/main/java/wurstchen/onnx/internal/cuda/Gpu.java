package wurstchen.onnx.internal.cuda;

import java.util.Locale;
import java.util.Optional;

/**
 * A GPU as its driver describes it.
 *
 * @param name such as NVIDIA H200
 * @param bytes size of its memory
 * @param usedBytes memory in use by all programs together; empty if unknown
 * @param capability its compute capability, such as 9.0
 */
public record Gpu(String name, long bytes, Optional<Long> usedBytes, String capability) {
    @Override
    public String toString() {
        return name + ", " + gib(bytes) + usedBytes.map(used -> " of which " + gib(used) + " are in use").orElse("")
                + ", compute capability " + capability;
    }

    private static String gib(long bytes) {
        return String.format(Locale.ROOT, "%.1f GiB", bytes / (double) (1L << 30));
    }
}
