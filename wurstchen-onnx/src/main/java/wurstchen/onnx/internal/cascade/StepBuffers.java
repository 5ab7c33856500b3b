package wurstchen.onnx.internal.cascade;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.primitives.ImmutableLongArray;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import wurstchen.onnx.internal.binding.ElementType;
import wurstchen.onnx.internal.binding.Tensor;
import wurstchen.onnx.internal.common.Closing;
import wurstchen.onnx.internal.graph.BoundSession;
import wurstchen.onnx.internal.graph.GraphRun;
import wurstchen.onnx.internal.graph.OnnxEngine;
import wurstchen.sampling.StepTable;
import wurstchen.stage.LatentShape;

/**
 * The tensors of a denoising run, and the step graph bound to them twice: even steps read the first set of latents, step counter and bad
 * step and write the second set; odd steps do the reverse. Later runs of equal shapes use the same tensors, so that steps recorded by the
 * device stay valid. For one run at a time.
 */
public final class StepBuffers implements BufferPool.Buffers<StepBuffers.Key> {
    /**
     * How many are kept, including those in use: enough for programs that alternate between some sizes. A recording can be replayed only with
     * the buffers it was made for, and stays in memory without them.
     */
    static final int MAX_KEPT = 8;

    private final OnnxEngine engine;
    private final BoundSession step;
    private final Key key;
    private final List<AutoCloseable> owned = new ArrayList<>();
    private final ImmutableList<Tensor> latents;
    private final ImmutableList<Tensor> counters;
    private final ImmutableList<Tensor> badSteps;
    private final Tensor stepTable;
    private final Tensor noiseTable;
    private final Tensor guidanceScale;
    private @Nullable ImmutableMap<String, Tensor> conditioning;
    private ImmutableList<GraphRun> runs = ImmutableList.of();

    /**
     * The values that determine the shapes of all tensors.
     *
     * @param latents shape of the latents
     * @param tableSteps rows of the tables
     * @param conditions shapes of the inputs of the conditioning
     */
    public record Key(LatentShape latents, int tableSteps, ImmutableList<ImmutableLongArray> conditions) {
        /** Returns the values that determine the shapes in a step, which reads one row of the tables, however long they are. */
        public StepShapes ofStep() {
            return new StepShapes(latents, conditions);
        }
    }

    /** A {@link Key} without the tables. */
    public record StepShapes(LatentShape latents, ImmutableList<ImmutableLongArray> conditions) {}

    /** Allocates uninitialized tensors. */
    StepBuffers(BoundSession step, Key key) {
        this.engine = step.engine();
        this.step = step;
        this.key = key;
        LatentShape shape = key.latents();
        try {
            latents = pair(ElementType.FLOAT32, shape.toArray());
            counters = pair(ElementType.INT64, 1);
            badSteps = pair(ElementType.INT64, 1);
            stepTable = tensor(ElementType.FLOAT32, key.tableSteps(), StepTable.COLUMNS);
            noiseTable = tensor(
                    ElementType.FLOAT32, key.tableSteps(), shape.pictures(), shape.channels(), shape.height(), shape.width());
            guidanceScale = tensor(ElementType.FLOAT32, 1);
        } catch (RuntimeException e) {
            Closing.afterFailure(e, owned);
            throw e;
        }
    }

    private ImmutableList<Tensor> pair(ElementType type, long... shape) {
        return ImmutableList.of(tensor(type, shape), tensor(type, shape));
    }

    private Tensor tensor(ElementType type, long... shape) {
        return own(engine.tensor(type, shape));
    }

    private <T extends AutoCloseable> T own(T resource) {
        owned.add(resource);
        return resource;
    }

    @Override
    public Key key() {
        return key;
    }

    /** Returns how many bytes all tensors have, those of the conditioning included once there are any. */
    @Override
    public long bytes() {
        Stream<Tensor> tensors = owned.stream().filter(Tensor.class::isInstance).map(Tensor.class::cast);
        Stream<Tensor> computed = conditioning == null ? Stream.empty() : conditioning.values().stream();
        return Stream.concat(tensors, computed).mapToLong(Tensor::bytes).sum();
    }

    OnnxEngine engine() {
        return engine;
    }

    /** Returns the latents that an even (0) or odd (1) step reads. */
    Tensor latents(int set) {
        return latents.get(set);
    }

    /** Returns the first row of the table whose latents were not finite, before an even (0) or odd (1) step; -1 if all were finite. */
    long badStep(int set) {
        return engine.readLongs(badSteps.get(set))[0];
    }

    /** Writes the latents that an even (0) or odd (1) step reads. */
    void setLatents(int set, float[] values) {
        engine.write(latents.get(set), 0, values, 0, values.length);
    }

    void setGuidanceScale(float scale) {
        engine.write(guidanceScale, 0, new float[] {scale}, 0, 1);
    }

    /** Writes the noise of one step of the table. */
    void setNoise(int row, float[] noise) {
        engine.write(noiseTable, (long) row * noise.length, noise, 0, noise.length);
    }

    /**
     * Writes the first rows of the table of coefficients, and moves to the first row of both tables.
     *
     * @param set which of the two sets the next step reads
     */
    void setSteps(int set, float[] coefficients, int from, int rows) {
        engine.write(stepTable, 0, coefficients, from * StepTable.COLUMNS, rows * StepTable.COLUMNS);
        engine.write(counters.get(set), 0);
        engine.write(badSteps.get(set), -1);
    }

    /** Computes the inputs that are the same for all steps. */
    void condition(BoundSession condition, Map<String, Tensor> inputs) {
        if (conditioning != null) {
            condition.run(inputs, conditioning).close();
            return;
        }
        // Only the graph knows the shapes of its outputs. From the next run on, these tensors are overwritten.
        ImmutableMap<String, Tensor> computed = own(condition.run(inputs, ImmutableMap.of(), step.hostInputs())).tensors();
        conditioning = computed;
        runs = ImmutableList.of(own(prepare(0, computed)), own(prepare(1, computed)));
    }

    private GraphRun prepare(int set, Map<String, Tensor> computed) {
        int next = 1 - set;
        return step.prepareRepeated(
                ImmutableMap.<String, Tensor>builder()
                        .put("latents", latents.get(set))
                        .put("step", counters.get(set))
                        .put("bad_step", badSteps.get(set))
                        .put("step_table", stepTable)
                        .put("noise_table", noiseTable)
                        .put("guidance_scale", guidanceScale)
                        .putAll(computed)
                        .buildOrThrow(),
                ImmutableMap.of(
                        "next_latents", latents.get(next),
                        "next_step", counters.get(next),
                        "next_bad_step", badSteps.get(next)),
                key.ofStep());
    }

    /** Runs an even (0) or odd (1) step. */
    void step(int set) {
        runs.get(set).run();
    }

    /** As {@link #step}, and may queue the step after it, which must follow, or {@link #settle}. */
    void stepAhead(int set) {
        runs.get(set).runAhead(runs.get(1 - set));
    }

    /** Waits for a step that was queued ahead, if there is one. */
    void settle() {
        runs.forEach(GraphRun::settle);
    }

    @Override
    public void close() {
        Closing.all(owned);
    }
}
