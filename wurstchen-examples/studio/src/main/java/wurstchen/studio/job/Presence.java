package wurstchen.studio.job;

import java.time.Duration;
import java.util.function.LongSupplier;

/**
 * Who watches a job. A client that asks now and then is there for a while after each time; one with an open stream as long as it is open, and
 * a little longer, so that a page can be reloaded. Thread-safe.
 */
public final class Presence {
    /** A browser lets pages in the background ask once a minute. */
    private static final Duration AFTER_ASKING = Duration.ofSeconds(90);

    private static final Duration AFTER_LEAVING = Duration.ofSeconds(4);

    private final boolean needed;
    private final LongSupplier clock;
    private int streams;
    private long until;

    /**
     * Creates one.
     *
     * @param needed whether the job ends when nobody is there
     * @param clock nanoseconds
     */
    Presence(boolean needed, LongSupplier clock) {
        this.needed = needed;
        this.clock = clock;
        this.until = clock.getAsLong() + AFTER_ASKING.toNanos();
    }

    /** Says that a client asked. */
    public synchronized void asked() {
        until = clock.getAsLong() + AFTER_ASKING.toNanos();
    }

    /** Says that a client opened a stream. */
    public synchronized void opened() {
        streams++;
    }

    /** Says that a client closed its stream. */
    public synchronized void closed() {
        streams--;
        left();
    }

    /** Says that a client goes away. */
    public synchronized void left() {
        until = clock.getAsLong() + AFTER_LEAVING.toNanos();
    }

    /**
     * Tells whether the job should end.
     *
     * @return whether somebody is needed and nobody is there
     */
    synchronized boolean isLeft() {
        return needed && streams == 0 && clock.getAsLong() - until > 0;
    }
}
