package wurstchen.internal;

import org.jspecify.annotations.Nullable;

/** Runs what the sender of a request gave along, its listener and its consumer, and remembers what that threw: it reaches the sender as it is. */
public final class SenderCode {
    private @Nullable Throwable thrown;

    /** Runs it on this thread. */
    public void run(Runnable code) {
        try {
            code.run();
        } catch (RuntimeException | Error e) {
            thrown = e;
            throw e;
        }
    }

    /** Returns whether this was thrown by what was run. */
    public boolean threw(Throwable failure) {
        return failure == thrown;
    }
}
