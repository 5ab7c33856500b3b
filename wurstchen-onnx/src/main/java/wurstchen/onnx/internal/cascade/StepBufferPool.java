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
    /** Maximum number of buffers, including those in use: enough for programs that alternate between two sizes. */
    static final int MAX_KEPT = 2;

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
        closeAll(MAX_KEPT - 1);
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
