package wurstchen.onnx.internal.graph;

import wurstchen.onnx.GraphSpec;

/** How often a graph runs on the same tensors. */
enum GraphRepeats {
    /** On other tensors each time. */
    NEVER,
    /** Once for each request: worth recording where that is possible. */
    EACH_REQUEST,
    /**
     * Once for each step: the graphs of the diffusion models, which have most of the weights. Users are told where these cannot be recorded.
     */
    EACH_STEP;

    static GraphRepeats of(GraphSpec graph) {
        return switch (graph.name()) {
            case GraphSpec.STAGE_C_STEP, GraphSpec.STAGE_B_STEP -> EACH_STEP;
            case GraphSpec.TEXT_ENCODER, GraphSpec.TEXT_ENCODER_C, GraphSpec.TEXT_ENCODER_B -> EACH_REQUEST;
            default -> NEVER;
        };
    }
}
