package wurstchen.onnx.internal.common;

import static com.google.common.base.Preconditions.checkState;

/**
 * Something native with several users, freed when the last one has released it: a tensor must not outlive its allocator, nor a binding its
 * session. Starts with one user. Thread-safe.
 */
public abstract class Shared {
    private int users = 1;

    /** Adds a user, unless the last one is gone. */
    public final synchronized boolean tryRetain() {
        if (users == 0) {
            return false;
        }
        users++;
        return true;
    }

    /**
     * Adds a user.
     *
     * @throws IllegalStateException if the last one is gone: whoever still comes does so through a model that is closed
     */
    public final void retain() {
        checkState(tryRetain(), "the model is closed: open it again");
    }

    /** Removes a user, and frees this if it was the last one. */
    public final void release() {
        synchronized (this) {
            if (--users > 0) {
                return;
            }
        }
        free();
    }

    /** Called once, when nobody uses this any more. */
    public abstract void free();
}
