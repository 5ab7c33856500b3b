package wurstchen.onnx.internal.family;

import static wurstchen.onnx.TensorSpec.FLOAT32;
import static wurstchen.onnx.internal.family.GraphChecks.tensor;
import static wurstchen.onnx.internal.graph.GraphContract.ANY_FIXED;

import com.google.common.collect.ImmutableSet;
import wurstchen.onnx.GraphSpec;
import wurstchen.onnx.Manifest;
import wurstchen.onnx.ModelBundleException;
import wurstchen.onnx.TensorSpec;
import wurstchen.onnx.internal.bundle.Family;
import wurstchen.onnx.internal.cascade.OnnxImageEncoder;

/**
 * Stable Cascade, also called Würstchen v3: one text encoder for both stages, whose pooled embedding Stage B attends to, and image prompts in
 * Stage C. Which tensors the condition graphs hand to the step graphs is theirs to say.
 */
public final class StableCascade implements Family {
    /** Graphs that a bundle must have. */
    public static final ImmutableSet<String> REQUIRED_GRAPHS = ImmutableSet.of(
            GraphSpec.TEXT_ENCODER,
            GraphSpec.STAGE_C_CONDITION,
            GraphSpec.STAGE_C_STEP,
            GraphSpec.STAGE_B_CONDITION,
            GraphSpec.STAGE_B_STEP,
            GraphSpec.STAGE_A_DECODE,
            GraphSpec.STAGE_A_ENCODE);

    private static final String TOKENIZER = "text";
    private static final String POOLED = "pooled";
    private static final String IMAGE_EMBEDDINGS = "image_embeddings";

    @Override
    public String name() {
        return "stable-cascade";
    }

    @Override
    public String tokenizerC() {
        return TOKENIZER;
    }

    @Override
    public String tokenizerB() {
        return TOKENIZER;
    }

    @Override
    public String textEncoderC() {
        return GraphSpec.TEXT_ENCODER;
    }

    @Override
    public String textEncoderB() {
        return GraphSpec.TEXT_ENCODER;
    }

    @Override
    public void check(Manifest manifest) {
        GraphChecks checks = new GraphChecks(manifest, REQUIRED_GRAPHS);
        checks.textEncoder(GraphSpec.TEXT_ENCODER, manifest.tokenizers().stageC(), tensor(POOLED, FLOAT32, "rows", ANY_FIXED));
        TensorSpec pooled = checks.output(GraphSpec.TEXT_ENCODER, POOLED);
        checks.inputs(
                GraphSpec.STAGE_C_CONDITION,
                checks.output(GraphSpec.TEXT_ENCODER, GraphChecks.HIDDEN_STATES),
                pooled,
                tensor(IMAGE_EMBEDDINGS, FLOAT32, "rows", "image_prompts", ANY_FIXED),
                checks.stageCLatents("latents"));
        checks.step(GraphSpec.STAGE_C_STEP, GraphSpec.STAGE_C_CONDITION, checks.stageCLatents("latents"));
        checks.inputs(
                GraphSpec.STAGE_B_CONDITION, pooled, checks.stageCLatents("stage_c_latents"), checks.stageBLatents("latents"));
        checks.step(GraphSpec.STAGE_B_STEP, GraphSpec.STAGE_B_CONDITION, checks.stageBLatents("latents"));
        checks.stageA();
        checks.compressor();
        checkImageEncoder(checks, manifest);
    }

    private static void checkImageEncoder(GraphChecks checks, Manifest manifest) {
        if (!checks.has(GraphSpec.IMAGE_ENCODER)) {
            return;
        }
        Manifest.ImagePrompts prompts = manifest.imagePrompts().orElseThrow(() -> new ModelBundleException(
                Manifest.FILE_NAME + ": graphs has " + GraphSpec.IMAGE_ENCODER + ", but image_prompts is missing; export the bundle again"));
        String side = Integer.toString(prompts.crop());
        checks.inputs(GraphSpec.IMAGE_ENCODER, tensor(OnnxImageEncoder.PIXEL_VALUES, FLOAT32, "images", "3", side, side));
        String width = checks.graph(GraphSpec.STAGE_C_CONDITION).inputs().stream()
                .filter(tensor -> tensor.name().equals(IMAGE_EMBEDDINGS))
                .map(tensor -> tensor.axes().get(2))
                .findFirst()
                .orElseThrow();
        checks.outputs(GraphSpec.IMAGE_ENCODER, tensor(OnnxImageEncoder.IMAGE_EMBEDDINGS, FLOAT32, "images", width));
    }
}
