package wurstchen.onnx.internal.cascade;

import com.google.common.collect.ImmutableList;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import wurstchen.onnx.internal.common.Closing;

/** The buffers of a graph that no run uses at the moment, most recent first. Thread-safe. */
final class BufferPool<K, B extends BufferPool.Buffers<K>> implements AutoCloseable {
    /** Buffers that are kept however large they are, including those in use. */
    static final int LEAST_KEPT = 2;

    /** Bytes up to which more than {@link #LEAST_KEPT} are kept. At 1024 px, the step buffers of one picture have 70 to 100 MB. */
    private static final long MAX_KEPT_BYTES = 1L << 30;

    private final int maxKept;
    private final Function<K, B> maker;
    private final Deque<B> kept = new ArrayDeque<>();
    private boolean closed;

    /**
     * The tensors of runs, and the graph bound to them.
     *
     * @param <K> equal for those of the same shapes
     */
    interface Buffers<K> extends AutoCloseable {
        K key();

        /** Returns how many bytes all tensors have. */
        long bytes();

        @Override
        void close();
    }

    /**
     * Creates a pool.
     *
     * @param maxKept maximum number of buffers, including those in use
     * @param maker makes buffers of a key
     */
    BufferPool(int maxKept, Function<K, B> maker) {
        this.maxKept = maxKept;
        this.maker = maker;
    }

    /** Returns buffers of these shapes, kept or new. The caller gives them back or closes them. */
    B take(K key) {
        synchronized (this) {
            for (Iterator<B> each = kept.iterator(); each.hasNext(); ) {
                B buffers = each.next();
                if (buffers.key().equals(key)) {
                    each.remove();
                    return buffers;
                }
            }
        }
        // Free old buffers of other sizes first, because new ones may need their memory.
        closeAll(fitting());
        return maker.apply(key);
    }

    /** Takes back intact buffers. If there are too many, the oldest are freed. */
    void giveBack(B buffers) {
        B unwanted = kept(buffers);
        if (unwanted != null) {
            unwanted.close();
        }
    }

    private synchronized @Nullable B kept(B buffers) {
        if (closed) {
            return buffers;
        }
        kept.addFirst(buffers);
        return kept.size() > maxKept ? kept.removeLast() : null;
    }

    /** Returns how many of the kept buffers, most recent first, may stay beside new ones. */
    private synchronized int fitting() {
        int fitting = 0;
        long bytes = 0;
        for (B buffers : kept) {
            bytes += buffers.bytes();
            if (fitting == maxKept - 1 || fitting >= LEAST_KEPT - 1 && bytes > MAX_KEPT_BYTES) {
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
        List<B> old;
        synchronized (this) {
            old = ImmutableList.copyOf(kept).subList(Math.min(toKeep, kept.size()), kept.size());
            kept.removeAll(old);
        }
        Closing.all(old);
    }
}
