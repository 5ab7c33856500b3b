package wurstchen.onnx;

import java.util.List;

/**
 * A graph of a bundle, as the manifest describes it.
 *
 * @param name the role of the graph, such as {@code stage_c_step}
 * @param file its {@code .onnx} file, one of the bundle's files
 * @param inputs in the graph's order, immutable
 * @param outputs in the graph's order, immutable
 */
public record GraphSpec(String name, String file, List<TensorSpec> inputs, List<TensorSpec> outputs) {
    /** Copies the lists. */
    public GraphSpec {
        inputs = List.copyOf(inputs);
        outputs = List.copyOf(outputs);
    }

    /** Token ids to hidden states and pooled embeddings, for both stages. */
    public static final String TEXT_ENCODER = "text_encoder";

    /** Token ids to hidden states, for Stage C. */
    public static final String TEXT_ENCODER_C = "text_encoder_c";

    /** Token ids to hidden states, for Stage B. */
    public static final String TEXT_ENCODER_B = "text_encoder_b";

    /** The part of Stage C that is computed once per run. */
    public static final String STAGE_C_CONDITION = "stage_c_condition";

    /** One step of Stage C: prediction, guidance and update. */
    public static final String STAGE_C_STEP = "stage_c_step";

    /** The part of Stage B that is computed once per run. */
    public static final String STAGE_B_CONDITION = "stage_b_condition";

    /** One step of Stage B: prediction, guidance and update. */
    public static final String STAGE_B_STEP = "stage_b_step";

    /** Stage B latents to pixels. */
    public static final String STAGE_A_DECODE = "stage_a_decode";

    /** Pixels to Stage B latents. */
    public static final String STAGE_A_ENCODE = "stage_a_encode";

    /** Pictures to embeddings of image prompts; not every model has one. */
    public static final String IMAGE_ENCODER = "image_encoder";

    /** Pixels to semantic latents; not every model has one. */
    public static final String SEMANTIC_COMPRESSOR = "semantic_compressor";
}
