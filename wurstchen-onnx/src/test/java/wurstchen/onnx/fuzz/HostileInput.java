package wurstchen.onnx.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** What must hold for any input: only documented exceptions with bounded messages, and bounded work. */
final class HostileInput {
    /** How long {@code mvn -Pfuzz} fuzzes each of the nine targets: an hour in all. */
    static final String DURATION = "400s";

    /** A limit for work that never ends, or grows with the square of the input; usual inputs take less than a millisecond. */
    private static final long MOST_CPU_SECONDS = 10;

    /** Far above what inputs of a few kilobytes take, below what a wrong length of theirs would. What Jazzer adds to classes allocates too. */
    private static final long MOST_ALLOCATED_BYTES = (Boolean.getBoolean("jazzer.hooks") ? 1024 : 256) << 20;

    private static final int MOST_MESSAGE = 1_000;
    private static final int STRETCHED = 30_000;
    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    /** Is never thrown. */
    private static final class NoneException extends RuntimeException {
        private static final long serialVersionUID = 1L;
    }

    private HostileInput() {}

    /** Runs what takes any input. */
    static void read(Runnable reader) {
        read(reader, NoneException.class);
    }

    /** Runs what reads hostile input, and may refuse it with one type of exception. */
    static void read(Runnable reader, Class<? extends RuntimeException> documented) {
        if (allocated(reader, documented) >= MOST_ALLOCATED_BYTES) {
            // The first time includes the loading of classes.
            assertThat(allocated(reader, documented)).as("allocated bytes").isLessThan(MOST_ALLOCATED_BYTES);
        }
    }

    private static long allocated(Runnable reader, Class<? extends RuntimeException> documented) {
        long allocated = THREADS.getCurrentThreadAllocatedBytes();
        long started = THREADS.getCurrentThreadCpuTime();
        try {
            reader.run();
        } catch (RuntimeException e) {
            if (e.getClass() != documented) {
                throw e;
            }
            assertThat(e.getMessage()).isNotBlank().hasSizeLessThan(MOST_MESSAGE);
        }
        assertThat((THREADS.getCurrentThreadCpuTime() - started) / 1_000_000_000)
                .as("seconds of the processor")
                .isLessThan(MOST_CPU_SECONDS);
        return THREADS.getCurrentThreadAllocatedBytes() - allocated;
    }

    /**
     * Returns a text of the input: as it is, or, if its first byte is odd, with a part repeated, so that work of the square of the length
     * shows. The second and third byte say where the part begins and how long it is.
     */
    static String text(byte[] input) {
        if (input.length < 4) {
            return "";
        }
        byte[] rest = Arrays.copyOfRange(input, 3, input.length);
        String text = new String(rest, StandardCharsets.UTF_8);
        if (input[0] % 2 == 0) {
            return text;
        }
        int from = Byte.toUnsignedInt(input[1]) % text.length();
        int to = Math.min(text.length(), from + 1 + Byte.toUnsignedInt(input[2]) % 16);
        String part = text.substring(from, to);
        return text.substring(0, from) + part.repeat(STRETCHED / part.length()) + text.substring(to);
    }
}
