package wurstchen.onnx.internal.cascade;

import static java.util.Objects.requireNonNull;
import static wurstchen.onnx.internal.graph.GraphContract.ANY_FIXED;
import static wurstchen.onnx.TensorSpec.FLOAT32;
import static wurstchen.onnx.TensorSpec.INT64;
import static wurstchen.onnx.TensorSpec.UINT8;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSet;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import wurstchen.onnx.GraphSpec;
import wurstchen.onnx.Manifest;
import wurstchen.onnx.ModelBundleException;
import wurstchen.onnx.TensorSpec;
import wurstchen.onnx.internal.common.OneLine;
import wurstchen.onnx.internal.graph.GraphContract;
import wurstchen.sampling.StepTable;

/**
 * The inputs that this library passes to each graph, and the outputs that it expects. Compared with the manifest before any graph is
 * opened.
 *
 * <p>{@code rows} is the number of pictures, or twice as many in a guided run (the prompts, then the negative prompts); {@code steps} is
 * the length of the tables. Outputs of a condition graph (keys and values, Stage B's maps, which rows belong to which picture, shapes of
 * maps) are passed to the step graph unchanged, so both graphs only have to agree on them.
 */
public final class CascadeContract {
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

    private static final String KEYS_VALUES = "text_keys_values";
    private static final String IMAGE_OF_ROW = "image_of_row";
    private static final String TEXT_ROW = "text_row";
    private static final String NEGATIVE_ROW = "negative_row";

    /** The target of reshapes, which is in host memory on every device. */
    private static final String MAP_SHAPE = "map_shape";

    private final Manifest manifest;
    private final Map<String, GraphSpec> graphs;

    private CascadeContract(Manifest manifest) {
        this.manifest = manifest;
        this.graphs = manifest.graphs();
    }

    /**
     * Checks that the graphs of a bundle are those of the cascade and fit each other.
     *
     * @throws ModelBundleException naming the first graph that does not
     */
    public static void check(Manifest manifest) {
        for (String name : REQUIRED_GRAPHS) {
            if (!manifest.graphs().containsKey(name)) {
                throw new ModelBundleException(Manifest.FILE_NAME + ": graphs has no " + name + ", found only "
                        + OneLine.of(String.join(", ", manifest.graphs().keySet())) + "; export the bundle again");
            }
        }
        CascadeContract contract = new CascadeContract(manifest);
        contract.checkTextEncoders();
        contract.checkStageC();
        contract.checkStageB();
        contract.checkStageA();
        contract.checkCompressor();
    }

    private void checkTextEncoders() {
        checkTextEncoder(GraphSpec.TEXT_ENCODER_C, tokensC());
        checkTextEncoder(GraphSpec.TEXT_ENCODER_B, tokensB());
    }

    private void checkTextEncoder(String graph, String tokens) {
        inputs(graph, tensor("input_ids", INT64, "rows", tokens), tensor("attention_mask", INT64, "rows", tokens));
        outputs(graph, tensor("hidden_states", FLOAT32, "rows", tokens, ANY_FIXED));
    }

    private void checkStageC() {
        inputs(
                GraphSpec.STAGE_C_CONDITION,
                graph(GraphSpec.TEXT_ENCODER_C).outputs().get(0),
                stageCLatents("latents"));
        outputs(
                GraphSpec.STAGE_C_CONDITION,
                keysValues(KEYS_VALUES, tokensC()),
                tensor(IMAGE_OF_ROW, INT64, "rows"),
                tensor(TEXT_ROW, INT64, "images"),
                tensor(NEGATIVE_ROW, INT64, "images"),
                tensor(MAP_SHAPE, INT64, "4"));
        checkStep(
                GraphSpec.STAGE_C_STEP, stageCLatents("latents").axes(), graph(GraphSpec.STAGE_C_CONDITION).outputs());
    }

    private void checkStageB() {
        inputs(
                GraphSpec.STAGE_B_CONDITION,
                graph(GraphSpec.TEXT_ENCODER_B).outputs().get(0),
                stageCLatents("stage_c_latents"),
                stageBLatents("latents"));
        List<TensorSpec> conditioning = graph(GraphSpec.STAGE_B_CONDITION).outputs();
        outputs(
                GraphSpec.STAGE_B_CONDITION,
                conditioning.stream().map(this::conditioningB).toArray(TensorSpec[]::new));
        checkStep(GraphSpec.STAGE_B_STEP, stageBLatents("latents").axes(), conditioning);
    }

    private TensorSpec conditioningB(TensorSpec found) {
        String name = found.name();
        if (name.startsWith(KEYS_VALUES)) {
            return keysValues(name, tokensB());
        }
        if (name.startsWith(MAP_SHAPE)) {
            return tensor(name, INT64, "4");
        }
        if (name.equals(IMAGE_OF_ROW)) {
            return tensor(name, INT64, "rows");
        }
        if (name.equals(TEXT_ROW) || name.equals(NEGATIVE_ROW)) {
            return tensor(name, INT64, "images");
        }
        return tensor(name, FLOAT32, "rows", channels(manifest.geometry().stageCChannels()), "map_height", "map_width");
    }

    private void checkStep(String graph, List<String> latentAxes, Collection<TensorSpec> conditioning) {
        ImmutableList<String> tableAxes = ImmutableList.<String>builder().add("steps").addAll(latentAxes).build();
        ImmutableList.Builder<TensorSpec> inputs = ImmutableList.builder();
        inputs.add(
                new TensorSpec("latents", FLOAT32, latentAxes),
                tensor("step", INT64, "1"),
                tensor("bad_step", INT64, "1"),
                tensor("step_table", FLOAT32, "steps", Integer.toString(StepTable.COLUMNS)),
                new TensorSpec("noise_table", FLOAT32, tableAxes),
                tensor("guidance_scale", FLOAT32, "1"));
        inputs.addAll(conditioning);
        inputs(graph, inputs.build().toArray(TensorSpec[]::new));
        outputs(
                graph,
                new TensorSpec("next_latents", FLOAT32, latentAxes),
                tensor("next_step", INT64, "1"),
                tensor("next_bad_step", INT64, "1"));
    }

    private void checkStageA() {
        TensorSpec pixels = tensor(OnnxStageA.PIXELS, FLOAT32, "images", "3", "height", "width");
        inputs(GraphSpec.STAGE_A_DECODE, stageBLatents("stage_b_latents"));
        if (OnnxStageA.hasLevels(graph(GraphSpec.STAGE_A_DECODE))) {
            outputs(
                    GraphSpec.STAGE_A_DECODE,
                    pixels,
                    tensor(OnnxStageA.LEVELS, UINT8, "images", "height", "width", "3"),
                    tensor(OnnxStageA.PIXEL_SUM, FLOAT32, "1"));
        } else {
            outputs(GraphSpec.STAGE_A_DECODE, pixels);
        }
        inputs(GraphSpec.STAGE_A_ENCODE, pixels);
        outputs(GraphSpec.STAGE_A_ENCODE, stageBLatents("stage_b_latents"));
    }

    private GraphSpec graph(String name) {
        return requireNonNull(graphs.get(name), name);
    }

    private void checkCompressor() {
        if (graphs.containsKey(GraphSpec.SEMANTIC_COMPRESSOR)) {
            inputs(GraphSpec.SEMANTIC_COMPRESSOR, tensor("pixels", FLOAT32, "images", "3", "height", "width"));
            outputs(GraphSpec.SEMANTIC_COMPRESSOR, stageCLatents("semantic_latents"));
        }
    }

    private String tokensC() {
        return Integer.toString(manifest.tokenizers().stageC().maxLength());
    }

    private String tokensB() {
        return Integer.toString(manifest.tokenizers().stageB().maxLength());
    }

    /** [blocks, keys and values, rows, heads, tokens, width of a head]. */
    private static TensorSpec keysValues(String name, String tokens) {
        return tensor(name, FLOAT32, ANY_FIXED, "2", "rows", ANY_FIXED, tokens, ANY_FIXED);
    }

    private TensorSpec stageCLatents(String name) {
        return tensor(name, FLOAT32, "images", channels(manifest.geometry().stageCChannels()), "c_height", "c_width");
    }

    private TensorSpec stageBLatents(String name) {
        return tensor(name, FLOAT32, "images", channels(manifest.geometry().stageBChannels()), "b_height", "b_width");
    }

    private static String channels(int number) {
        return Integer.toString(number);
    }

    private static TensorSpec tensor(String name, String dtype, String... axes) {
        return new TensorSpec(name, dtype, List.of(axes));
    }

    private void inputs(String graph, TensorSpec... expected) {
        check(graph, "input", Arrays.asList(expected), graph(graph).inputs());
    }

    private void outputs(String graph, TensorSpec... expected) {
        check(graph, "output", Arrays.asList(expected), graph(graph).outputs());
    }

    private static void check(String graph, String kind, List<TensorSpec> expected, List<TensorSpec> found) {
        GraphContract.check(Manifest.FILE_NAME + ": graphs." + graph, kind, expected, found);
    }
}
