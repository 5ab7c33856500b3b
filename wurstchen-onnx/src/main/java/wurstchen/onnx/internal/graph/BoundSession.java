package wurstchen.onnx.internal.graph;

import static com.google.common.base.Preconditions.checkArgument;
import static com.google.common.base.Preconditions.checkState;

import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import wurstchen.WurstchenException;
import wurstchen.onnx.GraphSpec;
import wurstchen.onnx.TensorSpec;
import wurstchen.onnx.internal.binding.ElementType;
import wurstchen.onnx.internal.binding.PreparedRun;
import wurstchen.onnx.internal.binding.PrivateMappings;
import wurstchen.onnx.internal.binding.Recordings;
import wurstchen.onnx.internal.binding.RunPlan;
import wurstchen.onnx.internal.binding.Tensor;
import wurstchen.onnx.internal.common.Closing;
import wurstchen.onnx.internal.common.JvmExit;
import wurstchen.onnx.internal.common.NativeHeap;
import wurstchen.onnx.internal.common.OneLine;
import wurstchen.onnx.internal.common.OrtWork;
import wurstchen.onnx.internal.common.Shared;
import wurstchen.onnx.internal.cuda.CudaCalls;

/**
 * An open graph. Every run of a graph goes through this class.
 *
 * <p>Thread-safe: runs share a read lock; {@link #close} terminates them and takes the write lock, because closing a session during a run
 * crashes the JVM. The native session is freed when the last {@link GraphRun} is closed, because a binding must not outlive its session.
 */
public final class BoundSession implements AutoCloseable {
    private static final Logger LOG = System.getLogger("wurstchen");

    private final GraphSpec spec;
    private final OnnxEngine engine;
    private final OpenSession session;
    private final ImmutableSet<String> hostInputs;
    private final Optional<Recordings> recordings;
    private final ReadWriteLock lock = new ReentrantReadWriteLock();
    private final RunsInFlight inFlight = new RunsInFlight();
    private volatile boolean closed;

    /**
     * Takes ownership of the session and its weights.
     *
     * @param weights memory that the session uses and does not own, closed after it
     * @param hostInputs inputs that it reads on the CPU although it runs on a device
     * @param validity how long recordings may be replayed; empty if runs are not recorded
     */
    BoundSession(
            GraphSpec spec,
            OnnxEngine engine,
            OrtSession session,
            List<? extends AutoCloseable> weights,
            ImmutableSet<String> hostInputs,
            Optional<Recordings.Validity> validity) {
        this.spec = spec;
        this.engine = engine;
        this.session = new OpenSession(session, weights);
        this.hostInputs = hostInputs;
        this.recordings = validity.map(how -> new Recordings(how, this::noteRecording));
        engine.add(this);
    }

    /** The native session, with one user for this object and one for each prepared run. */
    private final class OpenSession extends Shared {
        private final OrtSession ort;
        private final List<? extends AutoCloseable> weights;

        OpenSession(OrtSession ort, List<? extends AutoCloseable> weights) {
            this.ort = ort;
            this.weights = weights;
        }

        @Override
        public void free() {
            try {
                JvmExit.close(() -> CudaCalls.share(() -> {
                    PrivateMappings.whileNoneIsReplaced(ort::close);
                    Closing.all(weights);
                }));
            } catch (OrtException e) {
                throw new WurstchenException(spec.name() + ": ONNX Runtime cannot close it: " + OneLine.of(e.getMessage()), e);
            } finally {
                engine.remove(BoundSession.this);
            }
        }
    }

    /** Compares the graph with the manifest. */
    void checkContract() {
        GraphContract.check(spec, session.ort);
    }

    public GraphSpec spec() {
        return spec;
    }

    /** Returns an input, which must exist, by name. */
    public TensorSpec input(String name) {
        return spec.inputs().stream().filter(tensor -> tensor.name().equals(name)).findFirst().orElseThrow();
    }

    /** Returns the inputs that the graph reads on the CPU although it runs on a device, such as shapes. */
    public ImmutableSet<String> hostInputs() {
        return hostInputs;
    }

    public OnnxEngine engine() {
        return engine;
    }

    /**
     * Binds tensors to the graph for repeated runs.
     *
     * @param inputs one for each input; none of them may also be an output
     * @param outputs for some or all outputs, of the exact shapes; for the others, the first run makes tensors
     * @throws IllegalStateException if the session is closed
     * @throws WurstchenException if ONNX Runtime fails
     */
    GraphRun prepare(Map<String, Tensor> inputs, Map<String, Tensor> outputs) {
        return prepare(inputs, outputs, ImmutableSet.of(), recordings.map(Recordings::unrecorded));
    }

    /** Returns whether the device may record runs of {@link #prepareRepeated}. */
    public boolean records() {
        return recordings.isPresent();
    }

    /**
     * As {@link #prepare}, for runs that the device may record and replay.
     *
     * @param outputs for all outputs
     * @param shapes equal to that of other runs if the graph computes on equal shapes
     */
    public GraphRun prepareRepeated(Map<String, Tensor> inputs, Map<String, Tensor> outputs, Object shapes) {
        return prepare(inputs, outputs, ImmutableSet.of(), recordings.map(these -> these.repeated(shapes)));
    }

    private void noteRecording() {
        LOG.log(Level.DEBUG, "{0}: the device has recorded a run, {1}", spec.name(), engine.description());
    }

    private GraphRun prepare(
            Map<String, Tensor> inputs,
            Map<String, Tensor> outputs,
            Set<String> onHost,
            Optional<Recordings.Runs> recordable) {
        checkDistinct(inputs, outputs);
        ImmutableMap.Builder<String, ElementType> allocated = ImmutableMap.builder();
        for (TensorSpec output : spec.outputs()) {
            if (!outputs.containsKey(output.name())) {
                allocated.put(output.name(), ElementType.of(output));
            }
        }
        return prepare(new RunPlan(
                ImmutableMap.copyOf(inputs),
                ImmutableMap.copyOf(outputs),
                allocated.buildOrThrow(),
                ImmutableSet.copyOf(onHost),
                hostInputs,
                recordable,
                !runsInSteps()));
    }

    private GraphRun prepare(RunPlan plan) {
        lock.readLock().lock();
        try {
            checkOpen();
            session.retain();
            try {
                return new GraphRun(this, engine.memory().prepare(session.ort, plan));
            } catch (OrtException | RuntimeException e) {
                session.release();
                throw e;
            }
        } catch (OrtException e) {
            throw failure(e);
        } finally {
            lock.readLock().unlock();
        }
    }

    /** Rejects a tensor that is both input and output: ONNX Runtime would accept it and compute wrong numbers silently. */
    private void checkDistinct(Map<String, Tensor> inputs, Map<String, Tensor> outputs) {
        outputs.forEach((output, tensor) -> inputs.forEach((input, other) -> checkArgument(
                tensor != other,
                "%s: the same tensor is bound to the input %s and the output %s; a graph must not overwrite what it reads",
                spec.name(),
                input,
                output)));
    }

    /**
     * Runs the graph once.
     *
     * @return tensors for outputs without one, made by the graph and owned by the caller
     */
    public GraphOutputs run(Map<String, Tensor> inputs, Map<String, Tensor> outputs) {
        return run(inputs, outputs, ImmutableSet.of());
    }

    /**
     * Runs the graph once.
     *
     * @param onHost outputs without a tensor that the CPU will read, because another graph reads them there
     * @return tensors for outputs without one, made by the graph and owned by the caller
     */
    public GraphOutputs run(Map<String, Tensor> inputs, Map<String, Tensor> outputs, Set<String> onHost) {
        try (GraphRun run = prepare(inputs, outputs, onHost, recordings.map(Recordings::unrecorded))) {
            run.run();
            return run.takeAllocated();
        }
    }

    /** Executes a prepared run. Called by {@link GraphRun}. */
    public void run(PreparedRun run) {
        execute(run, run::run);
    }

    /** As {@link #run(PreparedRun)}, and may queue the next run. */
    void runAhead(PreparedRun run, PreparedRun next) {
        execute(run, () -> run.runAhead(next));
    }

    private void execute(PreparedRun run, OrtWork work) {
        lock.readLock().lock();
        try {
            checkOpen();
            inFlight.add(run);
            try {
                work.run();
            } finally {
                inFlight.remove(run);
            }
        } catch (OrtException e) {
            checkOpen();
            throw failure(e);
        } finally {
            lock.readLock().unlock();
        }
    }

    /** Steps follow each other closely, and each would ask for the same memory again. */
    private boolean runsInSteps() {
        return GraphRepeats.of(spec) == GraphRepeats.EACH_STEP;
    }

    /** Releases a prepared run. Called when a {@link GraphRun} is closed. */
    void released(PreparedRun run) {
        run.close();
        session.release();
        if (engine.memory().isHost()) {
            NativeHeap.trimNowAndThen();
        }
    }

    /** Makes current runs fail soon. Later runs work. */
    void stop() {
        inFlight.stop();
    }

    private void checkOpen() {
        checkState(!closed, "%s is closed: open the model again", spec.name());
    }

    WurstchenException failure(OrtException e) {
        return new WurstchenException(
                spec.name() + ": ONNX Runtime failed: " + OneLine.of(e.getMessage()) + engine.provider().remedy(String.valueOf(e.getMessage())), e);
    }

    /**
     * Refuses further runs, terminates and awaits those in flight, and frees the graph (or lets the last prepared run free it). A second
     * call does nothing.
     */
    @Override
    public void close() {
        synchronized (this) {
            if (closed) {
                return;
            }
            closed = true;
        }
        stop();
        lock.writeLock().lock();
        lock.writeLock().unlock();
        session.release();
    }
}
