package wurstchen;

import org.jspecify.annotations.Nullable;

/** Runs what the sender of a request gave along, its listener and its consumer, and remembers what that threw: it reaches the sender as it is. */
final class SenderCode {
    private @Nullable Throwable thrown;

    void run(Runnable code) {
        try {
            code.run();
        } catch (RuntimeException | Error e) {
            thrown = e;
            throw e;
        }
    }

    boolean threw(Throwable failure) {
        return failure == thrown;
    }
}
