package wurstchen.onnx.internal.graph;

import static com.google.common.base.Preconditions.checkState;

import ai.onnxruntime.OrtException;
import java.util.concurrent.atomic.AtomicBoolean;
import wurstchen.onnx.internal.binding.PreparedRun;

/**
 * A graph with tensors bound to it. The tensors belong to the caller and must stay open as long as this. For one thread at a time: a
 * concurrent run would overwrite the tensors, and is refused.
 */
public final class GraphRun implements AutoCloseable {
    private final BoundSession session;
    private final PreparedRun run;
    private final AtomicBoolean busy = new AtomicBoolean();
    private boolean closed;

    GraphRun(BoundSession session, PreparedRun run) {
        this.session = session;
        this.run = run;
    }

    /**
     * Runs the graph on the current values of the inputs and overwrites the outputs.
     *
     * @throws IllegalStateException if the session is closed, or another thread is running this
     * @throws wurstchen.WurstchenException if ONNX Runtime fails
     */
    public void run() {
        enter();
        try {
            session.run(run);
        } finally {
            busy.set(false);
        }
    }

    /**
     * Runs as {@link #run()} does, and may queue the next run before it waits for this one, so that the device does not idle in between.
     *
     * @param next of the same graph, on whose tensors the next run or {@link #settle} follows
     */
    public void runAhead(GraphRun next) {
        enter();
        try {
            session.runAhead(run, next.run);
        } finally {
            busy.set(false);
        }
    }

    /** Waits for a run that was queued ahead, if there is one. */
    public void settle() {
        try {
            run.settle();
        } catch (OrtException e) {
            throw session.failure(e);
        }
    }

    /** Returns the tensors that the first run made. The caller owns them from then on. */
    GraphOutputs takeAllocated() {
        try {
            return new GraphOutputs(run.takeAllocated());
        } catch (OrtException e) {
            throw session.failure(e);
        }
    }

    private void enter() {
        checkState(
                busy.compareAndSet(false, true),
                "%s: this run is in use by another thread; start one run for each thread",
                session.spec().name());
    }

    @Override
    public void close() {
        if (closed) {
            return;
        }
        enter();
        closed = true;
        session.released(run);
    }
}
