package wurstchen.internal;

import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;

/** Tells one request to stop, and why: the first reason counts. Thread-safe. */
public final class StopSignal {
    private final AtomicReference<Reason> reason = new AtomicReference<>();
    private final Trigger stopped = new Trigger();

    /** Why a request is to stop. */
    public enum Reason {
        /** Whoever sent it cancelled it. */
        CANCELLED,
        /** Its thread was interrupted. */
        INTERRUPTED,
        /** Its deadline passed. */
        DEADLINE,
        /** The pipeline was closed. */
        CLOSED
    }

    /** Stops the request, unless it was stopped before. Runs the registered actions on this thread. */
    public void stop(Reason why) {
        if (reason.compareAndSet(null, why)) {
            stopped.fire();
        }
    }

    /** Returns why the request is to stop; empty if it is not. */
    public Optional<Reason> reason() {
        return Optional.ofNullable(reason.get());
    }

    /** Registers an action, see {@link Trigger#onFire}. */
    public Registration onStop(Runnable action) {
        return stopped.onFire(action);
    }
}
