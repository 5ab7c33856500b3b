package wurstchen.onnx.internal.graph;

import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OnnxTensorLike;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession.SessionOptions;
import java.nio.ByteBuffer;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import wurstchen.onnx.internal.bundle.WeightBytes;

/** Weights in host memory, which a session on the CPU uses in place and a session on a device copies. Must be closed after the session. */
final class HostWeights implements AutoCloseable {
    private final Map<String, OnnxTensorLike> tensors = new LinkedHashMap<>();

    private HostWeights() {}

    /**
     * Creates tensors over weights without copying them.
     *
     * @throws OrtException if ONNX Runtime's Java API does not support a type, or the size does not match the shape
     */
    static HostWeights of(List<WeightBytes> weights) throws OrtException {
        HostWeights held = new HostWeights();
        try {
            for (WeightBytes weight : weights) {
                held.tensors.put(weight.tensor().name(), tensor(weight));
            }
            return held;
        } catch (OrtException | RuntimeException e) {
            held.close();
            throw e;
        }
    }

    /** Creates the tensor of a weight. Type numbers: TensorProto.DataType of ONNX 1.19. */
    private static OnnxTensor tensor(WeightBytes weight) throws OrtException {
        OrtEnvironment environment = OrtEnvironment.getEnvironment();
        ByteBuffer values = weight.values();
        long[] shape = weight.tensor().shape().toArray();
        return switch (weight.tensor().elementType()) {
            case 1 -> OnnxTensor.createTensor(environment, values.asFloatBuffer(), shape);
            case 2 -> OnnxTensor.createTensor(environment, values, shape, OnnxJavaType.UINT8);
            case 3 -> OnnxTensor.createTensor(environment, values, shape, OnnxJavaType.INT8);
            case 5 -> OnnxTensor.createTensor(environment, values.asShortBuffer(), shape);
            case 6 -> OnnxTensor.createTensor(environment, values.asIntBuffer(), shape);
            case 7 -> OnnxTensor.createTensor(environment, values.asLongBuffer(), shape);
            case 9 -> OnnxTensor.createTensor(environment, values, shape, OnnxJavaType.BOOL);
            case 10 -> OnnxTensor.createTensor(environment, values.asShortBuffer(), shape, OnnxJavaType.FLOAT16);
            case 11 -> OnnxTensor.createTensor(environment, values.asDoubleBuffer(), shape);
            case 16 -> OnnxTensor.createTensor(environment, values.asShortBuffer(), shape, OnnxJavaType.BFLOAT16);
            default -> throw new OrtException("the weight " + weight.tensor().name() + " is of type " + weight.tensor().elementType()
                    + ", which can only be read from a model folder");
        };
    }

    /** Adds the weights to the options of a session. */
    void addTo(SessionOptions options) throws OrtException {
        if (!tensors.isEmpty()) {
            options.addExternalInitializers(tensors);
        }
    }

    @Override
    public void close() {
        tensors.values().forEach(OnnxTensorLike::close);
    }
}
