package wurstchen.onnx.internal.graph;

import com.google.common.collect.ImmutableMap;
import wurstchen.onnx.internal.binding.Tensor;
import wurstchen.onnx.internal.common.Closing;

/**
 * Tensors that a graph made.
 *
 * @param tensors the outputs by name; freed by {@link #close}
 */
public record GraphOutputs(ImmutableMap<String, Tensor> tensors) implements AutoCloseable {
    @Override
    public void close() {
        Closing.all(tensors.values().asList());
    }
}
