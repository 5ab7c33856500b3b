package wurstchen.internal;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * Lets one request at a time into a pipeline, in the order of their arrival: memory is taken for one, however many ask. The turn goes to the
 * first ticket whose thread awaits it, so an executor that does not start a request holds up nobody else. A thread that is inside already (a
 * listener that makes a picture) goes on at once. Thread-safe.
 */
public final class RequestQueue {
    private final int limit;
    private final Deque<Ticket> waiting = new ArrayDeque<>();
    private @Nullable Ticket current;
    private @Nullable Thread inside;
    private int depth;
    private boolean stagesClosed;

    /**
     * Creates an empty queue.
     *
     * @param limit the most tickets that may wait while another has its turn, at least 0
     */
    public RequestQueue(int limit) {
        this.limit = limit;
    }

    /** A place in the queue. */
    public static final class Ticket {
        private final CompletableFuture<Void> next = new CompletableFuture<>();
        private final CompletableFuture<Void> decided = new CompletableFuture<>();
        private boolean awaited;
        private boolean offered;

        private Ticket() {}

        /**
         * Completes when a thread should await the turn: every other ticket before this one has had its turn or has it.
         *
         * @return completed by the thread that makes room, or by {@link RequestQueue#offer}
         */
        public CompletableFuture<Void> next() {
            return next;
        }
    }

    /** Joins the queue at its end; empty if it is full. */
    public synchronized Optional<Ticket> join() {
        if (admitted() > limit) {
            return Optional.empty();
        }
        Ticket ticket = new Ticket();
        waiting.add(ticket);
        return Optional.of(ticket);
    }

    private int admitted() {
        return waiting.size() + (current == null ? 0 : 1);
    }

    /**
     * Waits for the turn.
     *
     * @return true, and {@link #leave} must be called; false if the ticket was given up
     * @throws InterruptedException if the thread is interrupted meanwhile; the ticket is to be given up then
     */
    public boolean await(Ticket ticket) throws InterruptedException {
        if (enterAgain(ticket)) {
            return true;
        }
        synchronized (this) {
            ticket.awaited = true;
            ticket.offered = true;
        }
        grant();
        try {
            ticket.decided.get();
        } catch (ExecutionException e) {
            throw new AssertionError("a ticket is never completed with a failure", e);
        }
        boolean entered = enter(ticket);
        offer();
        return entered;
    }

    private synchronized boolean enter(Ticket ticket) {
        if (current != ticket) {
            return false;
        }
        inside = Thread.currentThread();
        depth = 1;
        return true;
    }

    /** An executor may run a request on the thread of another one. */
    private synchronized boolean enterAgain(Ticket ticket) {
        return waiting.contains(ticket) && enterAgain() && waiting.remove(ticket);
    }

    /** Enters without a ticket if this thread is inside; then {@link #leave} must be called. */
    public synchronized boolean enterAgain() {
        if (!isInside()) {
            return false;
        }
        depth++;
        return true;
    }

    /** Returns whether the calling thread is inside. */
    public synchronized boolean isInside() {
        return inside == Thread.currentThread();
    }

    /** Gives the turn to the first ticket that is awaited, if nobody has it. */
    private void grant() {
        Ticket granted = null;
        synchronized (this) {
            if (current == null && !stagesClosed) {
                granted = waiting.stream().filter(ticket -> ticket.awaited).findFirst().orElse(null);
                waiting.remove(granted);
                current = granted;
            }
        }
        if (granted != null) {
            granted.decided.complete(null);
        }
    }

    /**
     * Completes {@link Ticket#next} of the first ticket, so that its thread is there when the turn comes; if nobody has the turn, also of the
     * next one, because whoever was offered it before may never come.
     */
    public void offer() {
        Ticket offered;
        synchronized (this) {
            offered = waiting.stream()
                    .filter(ticket -> ticket.awaited || !ticket.offered)
                    .findFirst()
                    .filter(ticket -> !ticket.offered && (current == null || ticket == waiting.peek()))
                    .orElse(null);
            if (offered == null) {
                return;
            }
            offered.offered = true;
        }
        offered.next.complete(null);
    }

    /** Leaves the queue, unless the ticket's thread has entered. A second call does nothing. */
    public void giveUp(Ticket ticket) {
        synchronized (this) {
            if (current == ticket && inside == null) {
                current = null;
            } else if (!waiting.remove(ticket)) {
                return;
            }
        }
        ticket.decided.complete(null);
        grant();
        offer();
    }

    /**
     * Ends the turn.
     *
     * @return true for the last one to leave closed stages, who frees what they stand on
     */
    public boolean leave() {
        boolean last;
        synchronized (this) {
            if (--depth > 0) {
                return false;
            }
            inside = null;
            current = null;
            last = stagesClosed;
        }
        grant();
        offer();
        return last;
    }

    /** Returns how many wait while another has its turn. */
    public synchronized int waiting() {
        return Math.max(0, admitted() - 1);
    }

    /**
     * Notes that the stages are closed. Whoever is still inside works with what they stand on until it has left.
     *
     * @return true if nobody is inside, and the caller frees it
     */
    public synchronized boolean stagesClosed() {
        stagesClosed = true;
        return depth == 0;
    }
}
