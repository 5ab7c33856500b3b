package wurstchen.onnx;

import com.google.common.collect.ImmutableMap;

/**
 * Tensors that a graph made.
 *
 * @param tensors the outputs by name; freed by {@link #close}
 */
record GraphOutputs(ImmutableMap<String, Tensor> tensors) implements AutoCloseable {
    @Override
    public void close() {
        Closing.all(tensors.values().asList());
    }
}
