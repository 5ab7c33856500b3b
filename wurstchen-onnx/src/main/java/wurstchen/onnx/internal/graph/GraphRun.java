package wurstchen.onnx.internal.graph;

import static com.google.common.base.Preconditions.checkState;

import ai.onnxruntime.OrtException;
import java.util.concurrent.atomic.AtomicBoolean;
import wurstchen.onnx.internal.binding.PreparedRun;

/**
 * A graph with tensors bound to it. The tensors are the caller's and must stay open as long as this. For one thread at a time: two in one run
 * would overwrite each other's numbers, so the second is refused.
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
     * Runs the graph: reads the inputs as they are now, overwrites the outputs.
     *
     * @throws IllegalStateException if the session is closed, or another thread is in this
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

    /** After the first run: the tensors that the graph made, owned by the caller from then on. */
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
