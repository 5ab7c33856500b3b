package wurstchen.onnx.internal.cascade;

import static com.google.common.base.Preconditions.checkArgument;
import static java.util.Objects.requireNonNull;

import com.google.common.collect.ImmutableList;
import java.util.List;
import java.util.Map;
import wurstchen.onnx.GraphSpec;
import wurstchen.onnx.ModelBundleException;
import wurstchen.onnx.internal.binding.ExecutionProvider;
import wurstchen.onnx.internal.bundle.VerifiedBundle;
import wurstchen.onnx.internal.common.Closing;
import wurstchen.onnx.internal.graph.BoundSession;
import wurstchen.onnx.internal.graph.OnnxEngine;
import wurstchen.sampling.Guidance;
import wurstchen.sampling.NoiseSource;
import wurstchen.sampling.StepTable;
import wurstchen.stage.DenoisingRun;
import wurstchen.stage.HiddenStates;
import wurstchen.stage.LatentShape;
import wurstchen.stage.Latents;
import wurstchen.stage.StageB;

/**
 * Stage B as two exported graphs: one for what is computed once per run (the text's keys and values, the semantic latents resized to each
 * level, zeros for the negative half), and one for a step. Thread-safe.
 */
public final class OnnxStageB implements StageB {
    private static final String NAME = "Stage B";
    /** The graphs of the stage. */
    public static final ImmutableList<String> GRAPHS =
            ImmutableList.of(GraphSpec.STAGE_B_CONDITION, GraphSpec.STAGE_B_STEP);

    private final BoundSession condition;
    private final BoundSession step;
    private final BufferPool<StepBuffers.Key, StepBuffers> buffers;

    public OnnxStageB(Map<String, BoundSession> sessions) {
        this.condition = requireNonNull(sessions.get(GraphSpec.STAGE_B_CONDITION));
        this.step = requireNonNull(sessions.get(GraphSpec.STAGE_B_STEP));
        this.buffers = new BufferPool<>(StepBuffers.MAX_KEPT, key -> new StepBuffers(step, key));
    }

    /**
     * Opens the stage on an engine of its own.
     *
     * @param bundle stays open as long as the stage
     * @param provider where to run
     * @return the stage, owned by the caller
     * @throws ModelBundleException if a graph is not what the manifest says
     * @throws wurstchen.WurstchenException if ONNX Runtime cannot open one
     */
    public static OnnxStageB open(VerifiedBundle bundle, ExecutionProvider provider) {
        return new OnnxStageB(CascadeSessions.open(bundle, provider, GRAPHS));
    }

    /** Opens the stage on a shared engine. */
    public static OnnxStageB open(VerifiedBundle bundle, OnnxEngine engine) {
        return new OnnxStageB(CascadeSessions.open(bundle, engine, GRAPHS));
    }

    @Override
    public DenoisingRun start(
            HiddenStates text,
            Latents stageCLatents,
            LatentShape shape,
            StepTable steps,
            Guidance guidance,
            NoiseSource noise) {
        RunShapes.checkText(NAME, condition, text, shape, guidance);
        RunShapes.checkChannels(NAME, "latents", step.input("latents"), shape);
        RunShapes.checkChannels(
                NAME, "Stage C latents", condition.input("stage_c_latents"), stageCLatents.shape());
        checkArgument(
                stageCLatents.shape().pictures() == shape.pictures(),
                "%s needs Stage C latents of %s pictures, got shape %s",
                NAME,
                shape.pictures(),
                stageCLatents.shape());
        try (ConditionInputs inputs = new ConditionInputs(condition)) {
            Conditioning conditioning = inputs.text(text).stageCLatents(stageCLatents).conditioning();
            return OnnxDenoisingRun.start(NAME, buffers, shape, steps, guidance, noise, conditioning);
        }
    }

    @Override
    public void close() {
        Closing.all(List.of(condition, step, buffers));
    }
}
