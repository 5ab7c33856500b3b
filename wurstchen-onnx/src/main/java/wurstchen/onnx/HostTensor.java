package wurstchen.onnx;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import java.nio.Buffer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.LongBuffer;
import java.util.Arrays;
import wurstchen.WurstchenException;

/**
 * A tensor over memory that Java and ONNX Runtime both see: what one writes, the other reads, without a copy. Closing it twice does
 * nothing the second time.
 *
 * @param <B> FloatBuffer for float32, LongBuffer for int64; the position is always 0
 */
final class HostTensor<B extends Buffer> implements AutoCloseable {
    private final OnnxTensor tensor;
    private final B values;

    private HostTensor(OnnxTensor tensor, B values) {
        this.tensor = tensor;
        this.values = values;
    }

    /** A float32 tensor of zeros. */
    static HostTensor<FloatBuffer> ofFloats(long... shape) {
        FloatBuffer values = allocate(Float.BYTES, shape).asFloatBuffer();
        try {
            return new HostTensor<>(OnnxTensor.createTensor(OrtEnvironment.getEnvironment(), values, shape), values);
        } catch (OrtException e) {
            throw failure(e, shape);
        }
    }

    /** A float32 tensor of values. */
    static HostTensor<FloatBuffer> ofFloats(float[] values, long... shape) {
        HostTensor<FloatBuffer> tensor = ofFloats(shape);
        tensor.values.put(0, values);
        return tensor;
    }

    /** An int64 tensor of zeros. */
    static HostTensor<LongBuffer> ofLongs(long... shape) {
        LongBuffer values = allocate(Long.BYTES, shape).asLongBuffer();
        try {
            return new HostTensor<>(OnnxTensor.createTensor(OrtEnvironment.getEnvironment(), values, shape), values);
        } catch (OrtException e) {
            throw failure(e, shape);
        }
    }

    private static ByteBuffer allocate(int bytes, long[] shape) {
        long size = bytes;
        for (long axis : shape) {
            size = Math.multiplyExact(size, axis);
        }
        if (size > Integer.MAX_VALUE) {
            throw new WurstchenException("a tensor of shape " + Arrays.toString(shape)
                    + " needs more than 2 GiB; make fewer pictures at a time, or smaller ones");
        }
        try {
            return ByteBuffer.allocateDirect((int) size).order(ByteOrder.nativeOrder());
        } catch (OutOfMemoryError e) {
            throw new WurstchenException(
                    "no memory for a tensor of shape " + Arrays.toString(shape)
                            + "; make fewer pictures at a time, or raise -XX:MaxDirectMemorySize",
                    e);
        }
    }

    private static WurstchenException failure(OrtException e, long[] shape) {
        return new WurstchenException(
                "ONNX Runtime cannot make a tensor of shape " + Arrays.toString(shape) + ": " + OneLine.of(e.getMessage()), e);
    }

    OnnxTensor tensor() {
        return tensor;
    }

    B values() {
        return values;
    }

    /** Copies the values of a float32 tensor. */
    static float[] toArray(HostTensor<FloatBuffer> tensor) {
        float[] copy = new float[tensor.values.capacity()];
        tensor.values.get(0, copy);
        return copy;
    }

    @Override
    public void close() {
        if (!tensor.isClosed()) {
            tensor.close();
        }
    }
}
