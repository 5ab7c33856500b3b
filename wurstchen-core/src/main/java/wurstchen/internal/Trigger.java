package wurstchen.internal;

import java.util.ArrayList;
import java.util.List;

/** An event that happens at most once, and the actions to run when it does. Thread-safe. */
public final class Trigger {
    private final List<Action> actions = new ArrayList<>();
    private boolean fired;

    /** Has an identity of its own, so that one Runnable can be registered twice. */
    private record Action(Runnable runnable, Object identity) {}

    /**
     * Runs the actions on this thread, in the order in which they were registered, all of them even if one throws. A second call does
     * nothing. No lock is held meanwhile.
     */
    public void fire() {
        List<Action> toRun;
        synchronized (this) {
            if (fired) {
                return;
            }
            fired = true;
            toRun = List.copyOf(actions);
            actions.clear();
        }
        RuntimeException failure = null;
        for (Action action : toRun) {
            try {
                action.runnable().run();
            } catch (RuntimeException e) {
                failure = failure == null ? e : failure;
            }
        }
        if (failure != null) {
            throw failure;
        }
    }

    /** Whether {@link #fire} was called. */
    public synchronized boolean fired() {
        return fired;
    }

    /**
     * Registers an action. It runs at once, on this thread, if the event has happened already.
     *
     * @param action must be quick
     * @return takes the action back; one that is about to run on another thread still runs
     */
    public Registration onFire(Runnable action) {
        Action registered = new Action(action, new Object());
        synchronized (this) {
            if (!fired) {
                actions.add(registered);
                return () -> remove(registered);
            }
        }
        action.run();
        return () -> {};
    }

    private synchronized void remove(Action action) {
        actions.remove(action);
    }
}
