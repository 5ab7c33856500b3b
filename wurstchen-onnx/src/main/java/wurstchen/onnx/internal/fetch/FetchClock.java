package wurstchen.onnx.internal.fetch;

import java.net.URI;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import wurstchen.WurstchenException;

/** The time that is left to a fetch. Thread-safe. */
final class FetchClock {
    private static final String RESUME = "; what was fetched is kept, and the next call continues from there";

    private final URI source;
    private final Duration total;
    private final LongSupplier nanos;
    private final long start;

    FetchClock(URI source, Duration total, LongSupplier nanos) {
        this.source = source;
        this.total = total;
        this.nanos = nanos;
        this.start = nanos.getAsLong();
    }

    /**
     * Returns the shorter of a duration and the time that is left.
     *
     * @throws WurstchenException if none is left
     */
    Duration atMost(Duration wanted) {
        Duration left = total.minusNanos(nanos.getAsLong() - start);
        if (left.isNegative() || left.isZero()) {
            throw new WurstchenException(
                    Addresses.shown(source) + ": fetching took longer than " + total + "; allow more with totalTime" + RESUME);
        }
        return wanted.compareTo(left) < 0 ? wanted : left;
    }

    /** Waits, at most until no time is left. */
    void pause(Duration wanted) {
        try {
            TimeUnit.NANOSECONDS.sleep(atMost(wanted).toNanos());
        } catch (InterruptedException e) {
            throw interrupted(e);
        }
    }

    /** Returns what an interrupt of this thread ends with; the thread stays interrupted. */
    WurstchenException interrupted(InterruptedException cause) {
        Thread.currentThread().interrupt();
        return new WurstchenException(Addresses.shown(source) + ": interrupted while fetching" + RESUME, cause);
    }
}
