package wurstchen.internal;

import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.spi.AbstractInterruptibleChannel;

/**
 * Calls an action as soon as the thread that started it is interrupted, until it is stopped: a thread inside native code cannot look at its
 * interrupt flag itself. The action runs on the interrupting thread, or at once if the flag is set already; the flag stays set.
 *
 * <p>Uses the hook by which {@link Thread#interrupt} closes NIO channels. The thread has one such hook: if it reads a channel meanwhile, later
 * interrupts are not noticed here, so the flag must be looked at afterwards as well.
 */
public final class InterruptWatch extends AbstractInterruptibleChannel {
    private final Runnable action;

    private InterruptWatch(Runnable action) {
        this.action = action;
    }

    /**
     * Watches this thread.
     *
     * @param action must be quick, and must not wait for this thread
     * @return to be {@link #stop stopped} by this thread
     */
    public static InterruptWatch start(Runnable action) {
        InterruptWatch watch = new InterruptWatch(action);
        watch.begin();
        return watch;
    }

    /** Ends the watch. */
    public void stop() {
        try {
            end(true);
        } catch (AsynchronousCloseException e) {
            // The thread was interrupted; the action has been called.
        }
    }

    /** Called when the watched thread is interrupted. */
    @Override
    protected void implCloseChannel() {
        action.run();
    }
}
