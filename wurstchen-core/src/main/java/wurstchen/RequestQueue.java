package wurstchen;

import java.util.ArrayDeque;
import java.util.Deque;

/**
 * Lets one request at a time into a pipeline, in the order of their arrival: memory is taken for one, however many threads ask. A thread that
 * is in already (a listener that makes a picture) goes on at once. Thread-safe.
 */
final class RequestQueue {
    private final Deque<Object> waiting = new ArrayDeque<>();
    private Thread inside;
    private int depth;
    private boolean closed;
    private boolean stagesClosed;

    /**
     * Waits for its turn.
     *
     * @param cancellation ends the waiting
     * @return true, and {@link #leave} must be called; false if cancelled or closed
     */
    boolean enter(Cancellation cancellation) {
        Object ticket = new Object();
        boolean interrupted = false;
        Cancellation.Registration wake = cancellation.onCancel(this::wakeAll);
        try {
            synchronized (this) {
                waiting.add(ticket);
                while (!closed && !cancellation.isCancelled() && !isTurnOf(ticket)) {
                    try {
                        wait();
                    } catch (InterruptedException e) {
                        interrupted = true;
                    }
                }
                return enterOrGiveUp(ticket, closed || cancellation.isCancelled());
            }
        } finally {
            wake.close();
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private boolean isTurnOf(Object ticket) {
        return inside == Thread.currentThread() || (inside == null && waiting.peek() == ticket);
    }

    private boolean enterOrGiveUp(Object ticket, boolean giveUp) {
        waiting.remove(ticket);
        if (giveUp) {
            notifyAll();
            return false;
        }
        inside = Thread.currentThread();
        depth++;
        return true;
    }

    /**
     * Lets the next one in.
     *
     * @return true for the last one to leave closed stages, who frees what they stand on
     */
    synchronized boolean leave() {
        if (--depth > 0) {
            return false;
        }
        inside = null;
        notifyAll();
        return stagesClosed;
    }

    /** How many wait for their turn. */
    synchronized int waiting() {
        return waiting.size();
    }

    /** Sends everyone away who waits. */
    synchronized void close() {
        closed = true;
        notifyAll();
    }

    /**
     * Notes that the stages are closed. Whoever is still inside works with what they stand on until it has left.
     *
     * @return true if nobody is inside, and the caller frees it
     */
    synchronized boolean stagesClosed() {
        stagesClosed = true;
        return depth == 0;
    }

    private synchronized void wakeAll() {
        notifyAll();
    }
}
