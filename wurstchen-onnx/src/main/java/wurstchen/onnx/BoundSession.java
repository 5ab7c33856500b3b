package wurstchen.onnx;

import static com.google.common.base.Preconditions.checkState;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import com.google.common.collect.ImmutableMap;
import java.util.Map;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import wurstchen.WurstchenException;

/**
 * One graph of an open model. Every run of a graph goes through here, and no other class calls ONNX Runtime to run.
 *
 * <p>Thread-safe: runs share a read lock, {@link #close} takes the write lock, because closing a session under a run crashes the JVM.
 * Results go into tensors that the caller pins where their shapes are known, so that a step allocates nothing.
 */
final class BoundSession implements AutoCloseable {
    private final GraphSpec spec;
    private final OrtSession session;
    private final ReadWriteLock lock = new ReentrantReadWriteLock();
    private volatile boolean closed;
    private boolean released;

    /** Takes over the session. */
    BoundSession(GraphSpec spec, OrtSession session) {
        this.spec = spec;
        this.session = session;
    }

    GraphSpec spec() {
        return spec;
    }

    /**
     * Runs the graph into tensors of the caller.
     *
     * @param inputs one for each input; none of them may also be an output
     * @param outputs one for each output, of the exact shape
     * @throws IllegalStateException if the session is closed
     * @throws WurstchenException if ONNX Runtime fails
     */
    void run(Map<String, OnnxTensor> inputs, Map<String, OnnxTensor> outputs) {
        lock.readLock().lock();
        try {
            checkOpen();
            // The result does not own pinned tensors: closing it leaves them as they are.
            session.run(inputs, outputs).close();
        } catch (OrtException e) {
            throw failure(e);
        } finally {
            lock.readLock().unlock();
        }
    }

    /**
     * Runs the graph into new tensors, for outputs whose shapes only the graph knows.
     *
     * @param inputs one for each input
     * @return the outputs, owned by the caller
     * @throws IllegalStateException if the session is closed
     * @throws WurstchenException if ONNX Runtime fails
     */
    GraphOutputs run(Map<String, OnnxTensor> inputs) {
        lock.readLock().lock();
        try {
            checkOpen();
            OrtSession.Result result = session.run(inputs);
            ImmutableMap.Builder<String, OnnxTensor> outputs = ImmutableMap.builder();
            result.forEach(entry -> outputs.put(entry.getKey(), (OnnxTensor) entry.getValue()));
            return new GraphOutputs(outputs.buildOrThrow(), result);
        } catch (OrtException e) {
            throw failure(e);
        } finally {
            lock.readLock().unlock();
        }
    }

    private void checkOpen() {
        checkState(!closed, "%s is closed: open the model again", spec.name());
    }

    private WurstchenException failure(OrtException e) {
        return new WurstchenException(spec.name() + ": ONNX Runtime failed: " + OneLine.of(e.getMessage()), e);
    }

    /** Refuses further runs, waits for those in flight, and frees the graph. A second call does nothing. */
    @Override
    public void close() {
        closed = true;
        lock.writeLock().lock();
        try {
            if (!released) {
                released = true;
                session.close();
            }
        } catch (OrtException e) {
            throw new WurstchenException(spec.name() + ": ONNX Runtime cannot close it: " + OneLine.of(e.getMessage()), e);
        } finally {
            lock.writeLock().unlock();
        }
    }
}
