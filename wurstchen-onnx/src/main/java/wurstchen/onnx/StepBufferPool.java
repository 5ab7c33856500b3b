package wurstchen.onnx;

import com.google.common.collect.ImmutableList;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;

/** The buffers of a stage that no run uses right now, the latest first. Thread-safe. */
final class StepBufferPool implements AutoCloseable {
    /** Always kept for later runs, with those in use: enough for programs that take turns between two sizes. */
    static final int MAX_KEPT = 2;

    /**
     * Kept where steps are recorded, as long as they are small. A recording is of no use without its buffers, but keeps its memory until the
     * model is closed: programs that take turns between a few sizes must not make it anew each time.
     */
    static final int MAX_KEPT_RECORDED = 8;

    /** Beyond {@link #MAX_KEPT}. The published model takes about 60 MB for a picture of 1024 x 1024 px in Stage C, and 70 MB in Stage B. */
    private static final long MAX_BYTES_RECORDED = 512L << 20;

    private final BoundSession step;
    private final int maxKept;
    private final long maxBytes;
    private final Deque<StepBuffers> kept = new ArrayDeque<>();
    private boolean closed;

    StepBufferPool(BoundSession step) {
        this(step, step.replays() ? MAX_KEPT_RECORDED : MAX_KEPT, MAX_BYTES_RECORDED);
    }

    /**
     * Keeps up to so many.
     *
     * @param maxBytes of those that are kept beyond {@link #MAX_KEPT}, all together with these
     */
    StepBufferPool(BoundSession step, int maxKept, long maxBytes) {
        this.step = step;
        this.maxKept = maxKept;
        this.maxBytes = maxBytes;
    }

    BoundSession step() {
        return step;
    }

    /** Returns buffers of these shapes, kept or new ones; the caller gives them back or closes them. */
    StepBuffers take(StepBuffers.Key key) {
        synchronized (this) {
            for (Iterator<StepBuffers> each = kept.iterator(); each.hasNext(); ) {
                StepBuffers buffers = each.next();
                if (buffers.key().equals(key)) {
                    each.remove();
                    return buffers;
                }
            }
        }
        makeRoom();
        return new StepBuffers(step, key);
    }

    /** New buffers need memory that old ones of another size may hold. */
    private void makeRoom() {
        int toKeep = 0;
        long bytes = 0;
        synchronized (this) {
            for (StepBuffers buffers : kept) {
                bytes += buffers.bytes();
                if (toKeep >= MAX_KEPT - 1 && (toKeep >= maxKept - 1 || bytes > maxBytes)) {
                    break;
                }
                toKeep++;
            }
        }
        closeAll(toKeep);
    }

    /** Takes back buffers that work; if there are too many, the oldest are freed. */
    void giveBack(StepBuffers buffers) {
        synchronized (this) {
            if (!closed) {
                kept.addFirst(buffers);
                return;
            }
        }
        buffers.close();
    }

    /** Frees what is kept, and from now on what is given back. */
    @Override
    public void close() {
        synchronized (this) {
            closed = true;
        }
        closeAll(0);
    }

    private void closeAll(int toKeep) {
        List<StepBuffers> old;
        synchronized (this) {
            old = ImmutableList.copyOf(kept).subList(Math.min(toKeep, kept.size()), kept.size());
            kept.removeAll(old);
        }
        Closing.all(old);
    }
}
