package wurstchen.onnx.internal.cascade;

import com.google.common.collect.ImmutableList;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import wurstchen.onnx.internal.common.Closing;
import wurstchen.onnx.internal.graph.BoundSession;

/** The buffers of a stage that no run uses at the moment, most recent first. Thread-safe. */
final class StepBufferPool implements AutoCloseable {
    /**
     * Maximum number of buffers, including those in use: enough for programs that alternate between some sizes. A recording can be replayed only
     * with the buffers it was made for, and stays in memory without them.
     */
    static final int MAX_KEPT = 8;

    /** Buffers that are kept however large they are. */
    static final int LEAST_KEPT = 2;

    /** Bytes up to which more than {@link #LEAST_KEPT} are kept. At 1024 px, the buffers of one picture have 70 to 100 MB. */
    private static final long MAX_KEPT_BYTES = 1L << 30;

    private final BoundSession step;
    private final Deque<StepBuffers> kept = new ArrayDeque<>();
    private boolean closed;

    StepBufferPool(BoundSession step) {
        this.step = step;
    }

    BoundSession step() {
        return step;
    }

    /** Returns buffers of these shapes, kept or new. The caller gives them back or closes them. */
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
        // Free old buffers of other sizes first, because new ones may need their memory.
        closeAll(fitting());
        return new StepBuffers(step, key);
    }

    /** Takes back intact buffers. If there are too many, the oldest are freed. */
    void giveBack(StepBuffers buffers) {
        synchronized (this) {
            if (!closed) {
                kept.addFirst(buffers);
                return;
            }
        }
        buffers.close();
    }

    /** Returns how many of the kept buffers, most recent first, may stay beside new ones. */
    private synchronized int fitting() {
        int fitting = 0;
        long bytes = 0;
        for (StepBuffers buffers : kept) {
            bytes += buffers.bytes();
            if (fitting == MAX_KEPT - 1 || fitting >= LEAST_KEPT - 1 && bytes > MAX_KEPT_BYTES) {
                break;
            }
            fitting++;
        }
        return fitting;
    }

    /** Frees the kept buffers, and from now on those that are given back. */
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
