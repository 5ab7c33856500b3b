package wurstchen.onnx.internal.cascade;

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
import wurstchen.stage.ImageEmbeddings;
import wurstchen.stage.LatentShape;
import wurstchen.stage.StageC;

/** Stage C as two exported graphs: one for what is computed once per run (the text's keys and values), and one for a step. Thread-safe. */
public final class OnnxStageC implements StageC {
    private static final String NAME = "Stage C";
    /** The graphs of the stage. */
    public static final ImmutableList<String> GRAPHS =
            ImmutableList.of(GraphSpec.STAGE_C_CONDITION, GraphSpec.STAGE_C_STEP);

    private final BoundSession condition;
    private final BoundSession step;
    private final BufferPool<StepBuffers.Key, StepBuffers> buffers;

    public OnnxStageC(Map<String, BoundSession> sessions) {
        this.condition = requireNonNull(sessions.get(GraphSpec.STAGE_C_CONDITION));
        this.step = requireNonNull(sessions.get(GraphSpec.STAGE_C_STEP));
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
    public static OnnxStageC open(VerifiedBundle bundle, ExecutionProvider provider) {
        return new OnnxStageC(CascadeSessions.open(bundle, provider, GRAPHS));
    }

    /** Opens the stage on a shared engine. */
    public static OnnxStageC open(VerifiedBundle bundle, OnnxEngine engine) {
        return new OnnxStageC(CascadeSessions.open(bundle, engine, GRAPHS));
    }

    @Override
    public DenoisingRun start(HiddenStates text, LatentShape shape, StepTable steps, Guidance guidance, NoiseSource noise) {
        return start(text, ImageEmbeddings.none(), shape, steps, guidance, noise);
    }

    @Override
    public DenoisingRun start(
            HiddenStates text, ImageEmbeddings images, LatentShape shape, StepTable steps, Guidance guidance, NoiseSource noise) {
        RunShapes.checkText(NAME, condition, text, shape, guidance);
        RunShapes.checkImages(NAME, condition, images);
        RunShapes.checkChannels(NAME, "latents", step.input("latents"), shape);
        try (ConditionInputs inputs = new ConditionInputs(condition)) {
            Conditioning conditioning =
                    inputs.text(text).images(images, shape.pictures(), text.rows()).conditioning();
            return OnnxDenoisingRun.start(NAME, buffers, shape, steps, guidance, noise, conditioning);
        }
    }

    @Override
    public void close() {
        Closing.all(List.of(condition, step, buffers));
    }
}
