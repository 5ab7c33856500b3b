package wurstchen;

import wurstchen.internal.Registration;
import wurstchen.internal.Trigger;

/**
 * Stops requests. Give it to one or more of them, and call {@link #cancel} from any thread, a listener included: each is then stopped within
 * a step, or before it begins if it waits for another to finish, and its {@link Wurstchen#generate(PictureRequest)} throws a
 * {@link CancelledException}. What was cancelled stays cancelled. Thread-safe.
 *
 * {@snippet class="wurstchen.snippets.ServiceSnippetsTest" region="cancellation"}
 */
public final class Cancellation {
    private final Trigger cancelled = new Trigger();

    /** Creates one that is not cancelled. */
    public Cancellation() {}

    /** Stops every request that has this, and every later one. Does not wait for them. A second call does nothing. */
    public void cancel() {
        cancelled.fire();
    }

    /**
     * Returns whether {@link #cancel} was called.
     *
     * @return true for ever after
     */
    public boolean isCancelled() {
        return cancelled.fired();
    }

    /** Does something when this is cancelled, at once if it is already; must be quick. */
    Registration onCancel(Runnable action) {
        return cancelled.onFire(action);
    }
}
