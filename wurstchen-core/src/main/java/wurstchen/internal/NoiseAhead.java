package wurstchen.internal;

import static com.google.common.base.Preconditions.checkArgument;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import wurstchen.sampling.NoiseSource;

/**
 * Draws noise on another thread before it is asked for, so that Stage B's is there when Stage C ends. The numbers are those of the source,
 * whatever is asked for: what was drawn ahead is used as long as the lengths are the expected ones; from the first other length on, a new source
 * draws what was used again and goes on.
 *
 * <p>For one thread at a time. To be closed, which ends the other thread.
 */
public final class NoiseAhead implements NoiseSource, AutoCloseable {
    /** At most so much waits to be used. */
    private static final long MOST_BYTES = 64L << 20;

    private final Supplier<NoiseSource> sources;
    private final List<Integer> used = new ArrayList<>();
    private final Thread worker;
    private @Nullable NoiseSource direct;

    // Guarded by this object's monitor.
    private final Deque<float[]> drawn = new ArrayDeque<>();
    private long drawnBytes;
    private boolean ended;
    private @Nullable RuntimeException failure;

    /**
     * Starts to draw.
     *
     * @param sources makes equal sources: each gives the same numbers from the start
     * @param lengths values of each draw to expect, in their order
     */
    public NoiseAhead(Supplier<NoiseSource> sources, Stream<Integer> lengths) {
        this.sources = sources;
        List<Integer> expected = lengths.toList();
        checkArgument(expected.stream().allMatch(length -> length > 0), "draws must have one value or more, got %s", expected);
        worker = new Thread(() -> draw(expected), "wurstchen noise");
        worker.setDaemon(true);
        worker.start();
    }

    /**
     * Returns the draws of a run: its initial noise, then one for each step.
     *
     * @param values of the latents of the batch
     * @param steps of the run
     */
    public static Stream<Integer> drawsOf(int values, int steps) {
        return Collections.nCopies(steps + 1, values).stream();
    }

    private void draw(List<Integer> lengths) {
        try {
            NoiseSource source = sources.get();
            for (int length : lengths) {
                if (!waitForRoom(length)) {
                    return;
                }
                float[] values = new float[length];
                source.fill(values);
                add(values);
            }
        } catch (RuntimeException e) {
            fail(e);
        } finally {
            end();
        }
    }

    private static long bytes(int length) {
        return (long) Float.BYTES * length;
    }

    /** Returns false once nobody wants more. */
    private synchronized boolean waitForRoom(int length) {
        while (!ended && drawnBytes > 0 && drawnBytes + bytes(length) > MOST_BYTES) {
            try {
                wait();
            } catch (InterruptedException e) {
                return false;
            }
        }
        return !ended;
    }

    private synchronized void add(float[] values) {
        drawn.add(values);
        drawnBytes += bytes(values.length);
        notifyAll();
    }

    private synchronized void fail(RuntimeException e) {
        failure = e;
    }

    private synchronized void end() {
        ended = true;
        notifyAll();
    }

    @Override
    public void fill(float[] destination) {
        float[] values = direct == null ? next(destination.length) : null;
        if (values == null) {
            direct().fill(destination);
        } else {
            System.arraycopy(values, 0, destination, 0, values.length);
            used.add(values.length);
        }
    }

    /** Returns the next draw; null if it is not of this length, or there is none. */
    private synchronized float @Nullable [] next(int length) {
        boolean interrupted = false;
        while (drawn.isEmpty() && !ended) {
            try {
                wait();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        if (drawn.isEmpty() && failure != null) {
            throw failure;
        }
        if (drawn.isEmpty() || drawn.peek().length != length) {
            return null;
        }
        float[] values = drawn.remove();
        drawnBytes -= bytes(values.length);
        notifyAll();
        return values;
    }

    /** The source itself, after what has been used. */
    private NoiseSource direct() {
        if (direct == null) {
            close();
            direct = sources.get();
            used.forEach(length -> direct.fill(new float[length]));
        }
        return direct;
    }

    /** Returns the thread that draws, for tests. */
    Thread worker() {
        return worker;
    }

    /** Draws no more ahead. The source still gives what is asked for. */
    @Override
    public void close() {
        synchronized (this) {
            ended = true;
            drawn.clear();
            drawnBytes = 0;
            notifyAll();
        }
    }
}
