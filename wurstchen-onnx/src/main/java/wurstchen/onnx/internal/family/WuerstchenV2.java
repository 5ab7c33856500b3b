package wurstchen.onnx.internal.family;

import static wurstchen.onnx.TensorSpec.FLOAT32;
import static wurstchen.onnx.TensorSpec.INT64;
import static wurstchen.onnx.internal.family.GraphChecks.tensor;
import static wurstchen.onnx.internal.family.GraphChecks.tokens;
import static wurstchen.onnx.internal.graph.GraphContract.ANY_FIXED;

import com.google.common.collect.ImmutableSet;
import java.util.List;
import wurstchen.onnx.GraphSpec;
import wurstchen.onnx.Manifest;
import wurstchen.onnx.TensorSpec;
import wurstchen.onnx.internal.bundle.Family;

/** The published Würstchen v2: a text encoder for each stage, and Stage B attends to its text. */
public final class WuerstchenV2 implements Family {
    /** Graphs that a bundle must have. The semantic compressor is only needed for pictures as input. */
    public static final ImmutableSet<String> REQUIRED_GRAPHS = ImmutableSet.of(
            GraphSpec.TEXT_ENCODER_C,
            GraphSpec.TEXT_ENCODER_B,
            GraphSpec.STAGE_C_CONDITION,
            GraphSpec.STAGE_C_STEP,
            GraphSpec.STAGE_B_CONDITION,
            GraphSpec.STAGE_B_STEP,
            GraphSpec.STAGE_A_DECODE,
            GraphSpec.STAGE_A_ENCODE);

    @Override
    public String name() {
        return "wuerstchen-v2";
    }

    @Override
    public String tokenizerC() {
        return "c";
    }

    @Override
    public String tokenizerB() {
        return "b";
    }

    @Override
    public String textEncoderC() {
        return GraphSpec.TEXT_ENCODER_C;
    }

    @Override
    public String textEncoderB() {
        return GraphSpec.TEXT_ENCODER_B;
    }

    @Override
    public void check(Manifest manifest) {
        GraphChecks checks = new GraphChecks(manifest, REQUIRED_GRAPHS);
        checks.textEncoder(GraphSpec.TEXT_ENCODER_C, manifest.tokenizers().stageC());
        checks.textEncoder(GraphSpec.TEXT_ENCODER_B, manifest.tokenizers().stageB());
        checkStageC(checks, tokens(manifest.tokenizers().stageC()));
        checkStageB(checks, manifest);
        checks.stageA();
        checks.compressor();
    }

    private static void checkStageC(GraphChecks checks, String tokens) {
        checks.inputs(
                GraphSpec.STAGE_C_CONDITION,
                checks.output(GraphSpec.TEXT_ENCODER_C, GraphChecks.HIDDEN_STATES),
                checks.stageCLatents("latents"));
        checks.outputs(
                GraphSpec.STAGE_C_CONDITION,
                keysValues(GraphChecks.KEYS_VALUES, tokens),
                tensor(GraphChecks.IMAGE_OF_ROW, INT64, "rows"),
                tensor(GraphChecks.TEXT_ROW, INT64, "images"),
                tensor(GraphChecks.NEGATIVE_ROW, INT64, "images"),
                tensor(GraphChecks.MAP_SHAPE, INT64, "4"));
        checks.step(GraphSpec.STAGE_C_STEP, GraphSpec.STAGE_C_CONDITION, checks.stageCLatents("latents"));
    }

    private static void checkStageB(GraphChecks checks, Manifest manifest) {
        checks.inputs(
                GraphSpec.STAGE_B_CONDITION,
                checks.output(GraphSpec.TEXT_ENCODER_B, GraphChecks.HIDDEN_STATES),
                checks.stageCLatents("stage_c_latents"),
                checks.stageBLatents("latents"));
        List<TensorSpec> conditioning = checks.graph(GraphSpec.STAGE_B_CONDITION).outputs();
        checks.outputs(
                GraphSpec.STAGE_B_CONDITION,
                conditioning.stream().map(found -> conditioningB(found, manifest)).toList());
        checks.step(GraphSpec.STAGE_B_STEP, GraphSpec.STAGE_B_CONDITION, checks.stageBLatents("latents"));
    }

    private static TensorSpec conditioningB(TensorSpec found, Manifest manifest) {
        String name = found.name();
        if (name.startsWith(GraphChecks.KEYS_VALUES)) {
            return keysValues(name, tokens(manifest.tokenizers().stageB()));
        }
        if (name.startsWith(GraphChecks.MAP_SHAPE)) {
            return tensor(name, INT64, "4");
        }
        if (name.equals(GraphChecks.IMAGE_OF_ROW)) {
            return tensor(name, INT64, "rows");
        }
        if (name.equals(GraphChecks.TEXT_ROW) || name.equals(GraphChecks.NEGATIVE_ROW)) {
            return tensor(name, INT64, "images");
        }
        String channels = GraphChecks.channels(manifest.geometry().stageCChannels());
        return tensor(name, FLOAT32, "rows", channels, "map_height", "map_width");
    }

    /** [blocks, keys and values, rows, heads, tokens, width of a head]. */
    private static TensorSpec keysValues(String name, String tokens) {
        return tensor(name, FLOAT32, ANY_FIXED, "2", "rows", ANY_FIXED, tokens, ANY_FIXED);
    }
}
