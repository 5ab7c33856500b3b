package wurstchen.pool;

import org.jspecify.annotations.Nullable;
import wurstchen.RequestFailedException;
import wurstchen.Wurstchen;

/** One pipeline of several: what it has to do, and whether it fails. Thread-safe. */
final class Lane {
    /** Beyond this many failures in a row, a pipeline is not avoided more. */
    private static final int MOST_COUNTED_FAILURES = 10;

    private final Wurstchen pipeline;
    private double load;
    private int failures;

    Lane(Wurstchen pipeline) {
        this.pipeline = pipeline;
    }

    Wurstchen pipeline() {
        return pipeline;
    }

    /**
     * Returns how much stands before the end of a request of some work, if it came now. A pipeline that fails is free again at once and would
     * draw all requests: its work counts twice for each failure in a row.
     */
    synchronized double end(double work) {
        return (load + work) * (1 << failures);
    }

    synchronized void begin(double work) {
        load += work;
    }

    /** {@code failure}: of the request; null if it has none. */
    synchronized void finish(double work, @Nullable Throwable failure) {
        load -= work;
        if (failure == null) {
            failures = 0;
        } else if (failure instanceof RequestFailedException) {
            failures = Math.min(failures + 1, MOST_COUNTED_FAILURES);
        }
    }
}
