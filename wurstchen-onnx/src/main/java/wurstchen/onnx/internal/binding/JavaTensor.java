package wurstchen.onnx.internal.binding;

import ai.onnxruntime.OnnxTensor;
import java.nio.ByteBuffer;
import java.util.Optional;

/** A tensor of the Java API, in memory shared by Java and ONNX Runtime. */
final class JavaTensor implements Tensor {
    private final OnnxTensor tensor;
    private final ElementType type;
    private final Optional<ByteBuffer> values;

    private JavaTensor(OnnxTensor tensor, ElementType type, Optional<ByteBuffer> values) {
        this.tensor = tensor;
        this.type = type;
        this.values = values;
    }

    /** Takes ownership of a tensor whose values are in a Java buffer. */
    static JavaTensor over(ByteBuffer values, OnnxTensor tensor, ElementType type) {
        return new JavaTensor(tensor, type, Optional.of(values));
    }

    /** Takes ownership of a tensor that a graph made; it can only be passed to other graphs. */
    static JavaTensor ofGraph(OnnxTensor tensor, ElementType type) {
        return new JavaTensor(tensor, type, Optional.empty());
    }

    /** Returns the values in native byte order. */
    ByteBuffer buffer() {
        return values.orElseThrow();
    }

    @Override
    public ElementType type() {
        return type;
    }

    @Override
    public long[] shape() {
        return tensor.getInfo().getShape();
    }

    OnnxTensor tensor() {
        return tensor;
    }

    @Override
    public void close() {
        if (!tensor.isClosed()) {
            tensor.close();
        }
    }
}
