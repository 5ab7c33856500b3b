package wurstchen.onnx;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtSession;
import com.google.common.collect.ImmutableMap;

/**
 * What a graph returned, in memory of ONNX Runtime.
 *
 * @param tensors the outputs by name; freed by {@link #close}
 * @param result owns the tensors
 */
record GraphOutputs(ImmutableMap<String, OnnxTensor> tensors, OrtSession.Result result) implements AutoCloseable {
    @Override
    public void close() {
        result.close();
    }
}
