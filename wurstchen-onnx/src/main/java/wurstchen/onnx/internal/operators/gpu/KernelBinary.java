package wurstchen.onnx.internal.operators.gpu;

import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Optional;
import java.util.zip.GZIPInputStream;

/**
 * The compiled kernels for a compute capability: machine code where there is some that fits, else PTX, which the driver compiles.
 *
 * @param name the file's name; a resource of this module has it, packed
 */
record KernelBinary(String name) {
    private static final String FOLDER = "/wurstchen/onnx/internal/operators/";
    private static final String PACKED = ".gz";
    private static final String PTX = "operators-compute_80.ptx";
    private static final int LEAST_MAJOR = 8;

    /** Where CUDA can let kernels overlap, they are compiled to wait by themselves. */
    private static final int LEAST_MAJOR_WAITING = 9;

    /** Compute capabilities with machine code. That of 9.0 uses instructions which no other GPU of the same major version has. */
    private static final ImmutableList<Target> TARGETS = ImmutableList.of(
            new Target(8, 0, false),
            new Target(8, 6, false),
            new Target(8, 9, false),
            new Target(9, 0, true),
            new Target(10, 0, false),
            new Target(12, 0, false));

    private record Target(int major, int minor, boolean exact) {
        boolean fits(int deviceMajor, int deviceMinor) {
            return major == deviceMajor && (exact ? minor == deviceMinor : minor <= deviceMinor);
        }

        String name() {
            return "operators-sm_" + major + minor + ".cubin";
        }
    }

    /** Returns the kernels for a GPU; empty if it is older than all of them. */
    static Optional<KernelBinary> of(int major, int minor) {
        return TARGETS.stream()
                .filter(target -> target.fits(major, minor))
                .max(Comparator.comparing(Target::minor))
                .map(Target::name)
                .or(() -> Optional.of(PTX).filter(ptx -> major >= LEAST_MAJOR))
                .map(KernelBinary::new);
    }

    /** Returns whether each kernel waits by itself for the one before it on the stream. */
    boolean waits() {
        return TARGETS.stream().anyMatch(target -> target.major >= LEAST_MAJOR_WAITING && target.name().equals(name));
    }

    /**
     * Reads and unpacks the kernels.
     *
     * @return a cubin, or the text of PTX with a zero behind it; empty if the module was built without this file
     */
    Optional<byte[]> read() {
        try (InputStream in = KernelBinary.class.getResourceAsStream(FOLDER + name + PACKED)) {
            if (in == null) {
                return Optional.empty();
            }
            byte[] bytes = new GZIPInputStream(in).readAllBytes();
            // A C string ends with a zero; behind a cubin it does no harm.
            return Optional.of(Arrays.copyOf(bytes, bytes.length + 1));
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + FOLDER + name, e);
        }
    }
}
