package wurstchen.onnx.internal.cascade;

import com.google.common.collect.ImmutableList;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.function.IntFunction;
import wurstchen.onnx.internal.common.Closing;

/** The buffers of a text encoder that no run uses at the moment, most recent first. Thread-safe. */
final class TextBufferPool implements AutoCloseable {
    /** Buffers that are kept: a prompt alone or with a negative one, twice, for two requests at a time. */
    static final int MAX_KEPT = 4;

    private final IntFunction<TextBuffers> maker;
    private final Deque<TextBuffers> kept = new ArrayDeque<>();
    private boolean closed;

    /** Creates a pool; {@code maker} makes buffers for a number of rows. */
    TextBufferPool(IntFunction<TextBuffers> maker) {
        this.maker = maker;
    }

    /** Returns buffers for a number of rows, kept or new. The caller gives them back or closes them. */
    TextBuffers take(int rows) {
        synchronized (this) {
            for (Iterator<TextBuffers> each = kept.iterator(); each.hasNext(); ) {
                TextBuffers buffers = each.next();
                if (buffers.rows() == rows) {
                    each.remove();
                    return buffers;
                }
            }
        }
        return maker.apply(rows);
    }

    /** Takes back intact buffers. If there are too many, the oldest are freed. */
    void giveBack(TextBuffers buffers) {
        TextBuffers old;
        synchronized (this) {
            if (closed) {
                old = buffers;
            } else {
                kept.addFirst(buffers);
                old = kept.size() > MAX_KEPT ? kept.removeLast() : null;
            }
        }
        if (old != null) {
            old.close();
        }
    }

    /** Frees the kept buffers, and from now on those that are given back. */
    @Override
    public void close() {
        List<TextBuffers> old;
        synchronized (this) {
            closed = true;
            old = ImmutableList.copyOf(kept);
            kept.clear();
        }
        Closing.all(old);
    }
}
