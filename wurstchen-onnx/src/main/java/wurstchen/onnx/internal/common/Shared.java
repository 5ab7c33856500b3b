package wurstchen.onnx.internal.common;

import static com.google.common.base.Preconditions.checkState;

/**
 * A reference-counted native resource, freed when the last user releases it: a tensor must not outlive its allocator, nor a binding its
 * session. Starts with one user. Thread-safe.
 */
public abstract class Shared {
    private int users = 1;

    /** Adds a user unless the resource has been freed; returns whether it did. */
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
     * @throws IllegalStateException if the resource has been freed, which means that the model was closed
     */
    public final void retain() {
        checkState(tryRetain(), "the model is closed: open it again");
    }

    /** Removes a user and frees the resource if it was the last. */
    public final void release() {
        synchronized (this) {
            if (--users > 0) {
                return;
            }
        }
        free();
    }

    /** Frees the resource. Called once, after the last release. */
    public abstract void free();
}
