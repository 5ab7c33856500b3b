package wurstchen;

import java.util.ArrayList;
import java.util.List;

/**
 * Stops requests. Give it to one or more of them, and call {@link #cancel} from any thread, a listener included: each is then stopped within
 * a step, or before it begins if it waits for another to finish, and its {@link Wurstchen#generate(PictureRequest)} throws a
 * {@link CancelledException}. What was cancelled stays cancelled. Thread-safe.
 */
public final class Cancellation {
    private final List<Runnable> actions = new ArrayList<>();
    private volatile boolean cancelled;

    /** Creates one that is not cancelled. */
    public Cancellation() {}

    /** Stops every request that has this, and every later one. Does not wait for them. A second call does nothing. */
    public synchronized void cancel() {
        if (cancelled) {
            return;
        }
        cancelled = true;
        // Inside the lock: once an action is removed, it does not run any more.
        actions.forEach(Runnable::run);
    }

    /**
     * Returns whether {@link #cancel} was called.
     *
     * @return true for ever after
     */
    public boolean isCancelled() {
        return cancelled;
    }

    /**
     * Does something when this is cancelled, at once if it is already; must be quick.
     *
     * @return takes the action back: after its close, the action does not run
     */
    synchronized Registration onCancel(Runnable action) {
        actions.add(action);
        if (cancelled) {
            action.run();
        }
        return () -> remove(action);
    }

    private synchronized void remove(Runnable action) {
        actions.remove(action);
    }

    /** An action that waits for a cancellation. */
    @FunctionalInterface
    interface Registration extends AutoCloseable {
        @Override
        void close();
    }
}
