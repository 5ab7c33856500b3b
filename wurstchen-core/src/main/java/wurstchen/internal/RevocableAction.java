package wurstchen.internal;

/** An action that does not run any more once {@link #close} has returned. Thread-safe. */
public final class RevocableAction implements Runnable, AutoCloseable {
    private final Runnable action;
    private boolean revoked;

    /**
     * Creates one that may run.
     *
     * @param action must be quick, and must not wait for the thread that closes this
     */
    public RevocableAction(Runnable action) {
        this.action = action;
    }

    @Override
    public synchronized void run() {
        if (!revoked) {
            action.run();
        }
    }

    /** Waits for the action if it is running. */
    @Override
    public synchronized void close() {
        revoked = true;
    }
}
