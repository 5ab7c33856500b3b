package wurstchen.onnx.internal.common;

import com.sun.jna.Function;
import com.sun.jna.NativeLibrary;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The heap of native code. glibc keeps one for every few threads, and in each of them what was freed: a service whose requests come from
 * 16 threads held 600 MB that way. Thread-safe.
 */
public final class NativeHeap {
    /** Bounds the cost, which is some milliseconds, and that of the pages that must be fetched again. */
    private static final long NANOS_BETWEEN = TimeUnit.SECONDS.toNanos(10);

    private static final AtomicLong LATEST = new AtomicLong(System.nanoTime() - NANOS_BETWEEN);

    private NativeHeap() {}

    /** All that needs JNA, which may be missing. */
    private static final class Trim {
        /** Source: malloc_trim(3), which only glibc has. */
        private static final Optional<Function> FUNCTION = find();

        private static Optional<Function> find() {
            try {
                return Optional.of(NativeLibrary.getProcess().getFunction("malloc_trim"));
            } catch (UnsatisfiedLinkError e) {
                return Optional.empty();
            }
        }

        static void call() {
            FUNCTION.ifPresent(function -> function.invokeInt(new Object[] {0L}));
        }
    }

    /** Gives pages that were freed back to the system; does nothing where that is not possible. */
    public static void trim() {
        LATEST.set(System.nanoTime());
        if (HostSystem.current().linux() && Jna.problem().isEmpty()) {
            Trim.call();
        }
    }

    /** As {@link #trim}, but not again within ten seconds. */
    public static void trimNowAndThen() {
        long latest = LATEST.get();
        long now = System.nanoTime();
        if (now - latest >= NANOS_BETWEEN && LATEST.compareAndSet(latest, now)) {
            trim();
        }
    }
}
