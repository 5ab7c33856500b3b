package wurstchen.onnx.internal.family;

import static java.util.Objects.requireNonNull;
import static wurstchen.onnx.internal.graph.GraphContract.ANY_FIXED;
import static wurstchen.onnx.TensorSpec.FLOAT32;
import static wurstchen.onnx.TensorSpec.INT64;
import static wurstchen.onnx.TensorSpec.UINT8;

import com.google.common.collect.ImmutableList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import wurstchen.onnx.GraphSpec;
import wurstchen.onnx.Manifest;
import wurstchen.onnx.ModelBundleException;
import wurstchen.onnx.TensorSpec;
import wurstchen.onnx.internal.cascade.OnnxStageA;
import wurstchen.onnx.internal.common.OneLine;
import wurstchen.onnx.internal.graph.GraphContract;
import wurstchen.sampling.StepTable;

/**
 * Compares the graphs of a manifest with what a family expects: the inputs that this library passes to each, and the outputs that it reads.
 *
 * <p>{@code rows} is the number of pictures, or twice as many in a guided run (the prompts, then the negative prompts); {@code steps} is
 * the length of the tables. Outputs of a condition graph (keys and values, Stage B's maps, which rows belong to which picture, shapes of
 * maps) are passed to the step graph unchanged, so both graphs only have to agree on them.
 */
final class GraphChecks {
    static final String HIDDEN_STATES = "hidden_states";
    static final String KEYS_VALUES = "text_keys_values";
    static final String IMAGE_OF_ROW = "image_of_row";
    static final String TEXT_ROW = "text_row";
    static final String NEGATIVE_ROW = "negative_row";

    /** The target of reshapes, which is in host memory on every device. */
    static final String MAP_SHAPE = "map_shape";

    private final Manifest manifest;
    private final Map<String, GraphSpec> graphs;

    /**
     * Checks that a bundle has graphs.
     *
     * @throws ModelBundleException naming the first that it does not have
     */
    GraphChecks(Manifest manifest, Collection<String> required) {
        this.manifest = manifest;
        this.graphs = manifest.graphs();
        for (String name : required) {
            if (!graphs.containsKey(name)) {
                throw new ModelBundleException(Manifest.FILE_NAME + ": graphs has no " + name + ", found only "
                        + OneLine.of(String.join(", ", graphs.keySet())) + "; export the bundle again");
            }
        }
    }

    GraphSpec graph(String name) {
        return requireNonNull(graphs.get(name), name);
    }

    boolean has(String name) {
        return graphs.containsKey(name);
    }

    /** {@code more}: outputs beside the hidden states. */
    void textEncoder(String graph, Manifest.TokenizerSpec tokenizer, TensorSpec... more) {
        String tokens = tokens(tokenizer);
        inputs(graph, tensor("input_ids", INT64, "rows", tokens), tensor("attention_mask", INT64, "rows", tokens));
        outputs(
                graph,
                ImmutableList.<TensorSpec>builder()
                        .add(tensor(HIDDEN_STATES, FLOAT32, "rows", tokens, ANY_FIXED))
                        .add(more)
                        .build());
    }

    /** Checks a step graph, which takes the outputs of its condition graph. */
    void step(String step, String condition, TensorSpec latents) {
        List<String> latentAxes = latents.axes();
        ImmutableList<String> tableAxes = ImmutableList.<String>builder().add("steps").addAll(latentAxes).build();
        inputs(
                step,
                ImmutableList.<TensorSpec>builder()
                        .add(
                                new TensorSpec("latents", FLOAT32, latentAxes),
                                tensor("step", INT64, "1"),
                                tensor("bad_step", INT64, "1"),
                                tensor("step_table", FLOAT32, "steps", Integer.toString(StepTable.COLUMNS)),
                                new TensorSpec("noise_table", FLOAT32, tableAxes),
                                tensor("guidance_scale", FLOAT32, "1"))
                        .addAll(graph(condition).outputs())
                        .build());
        outputs(
                step,
                new TensorSpec("next_latents", FLOAT32, latentAxes),
                tensor("next_step", INT64, "1"),
                tensor("next_bad_step", INT64, "1"));
    }

    void stageA() {
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

    void compressor() {
        if (has(GraphSpec.SEMANTIC_COMPRESSOR)) {
            inputs(GraphSpec.SEMANTIC_COMPRESSOR, tensor("pixels", FLOAT32, "images", "3", "height", "width"));
            outputs(GraphSpec.SEMANTIC_COMPRESSOR, stageCLatents("semantic_latents"));
        }
    }

    /** Returns the output of that name, of which it was checked that there is one. */
    TensorSpec output(String graph, String name) {
        return graph(graph).outputs().stream().filter(tensor -> tensor.name().equals(name)).findFirst().orElseThrow();
    }

    static String tokens(Manifest.TokenizerSpec tokenizer) {
        return Integer.toString(tokenizer.maxLength());
    }

    TensorSpec stageCLatents(String name) {
        return tensor(name, FLOAT32, "images", channels(manifest.geometry().stageCChannels()), "c_height", "c_width");
    }

    TensorSpec stageBLatents(String name) {
        return tensor(name, FLOAT32, "images", channels(manifest.geometry().stageBChannels()), "b_height", "b_width");
    }

    static String channels(int number) {
        return Integer.toString(number);
    }

    static TensorSpec tensor(String name, String dtype, String... axes) {
        return new TensorSpec(name, dtype, List.of(axes));
    }

    void inputs(String graph, TensorSpec... expected) {
        inputs(graph, List.of(expected));
    }

    void inputs(String graph, List<TensorSpec> expected) {
        check(graph, "input", expected, graph(graph).inputs());
    }

    void outputs(String graph, TensorSpec... expected) {
        outputs(graph, List.of(expected));
    }

    void outputs(String graph, List<TensorSpec> expected) {
        check(graph, "output", expected, graph(graph).outputs());
    }

    private static void check(String graph, String kind, List<TensorSpec> expected, List<TensorSpec> found) {
        GraphContract.check(Manifest.FILE_NAME + ": graphs." + graph, kind, expected, found);
    }
}
