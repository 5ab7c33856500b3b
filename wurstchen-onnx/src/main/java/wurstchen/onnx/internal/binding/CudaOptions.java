package wurstchen.onnx.internal.binding;

import java.util.OptionalLong;

/**
 * Options of ONNX Runtime's CUDA provider.
 *
 * @param index of the GPU, in CUDA's order
 * @param memoryLimit bytes for each graph; empty for no limit
 * @param memoryGrowth value of {@code arena_extend_strategy}
 * @param convolutionSearch value of {@code cudnn_conv_algo_search}
 * @param tf32 whether float32 products may be rounded to TF32
 * @param cudaGraphs whether repeated runs are recorded as CUDA graphs and replayed
 */
public record CudaOptions(
        int index, OptionalLong memoryLimit, String memoryGrowth, String convolutionSearch, boolean tf32, boolean cudaGraphs) {
    /** Returns the name of the GPU, {@code cuda:N}. */
    public String name() {
        return "cuda:" + index;
    }
}
