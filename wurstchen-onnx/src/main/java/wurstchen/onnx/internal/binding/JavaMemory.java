package wurstchen.onnx.internal.binding;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.OrtSession.SessionOptions;
import com.google.common.collect.ImmutableSet;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.LongBuffer;
import java.util.Arrays;
import java.util.Optional;
import java.util.OptionalLong;
import wurstchen.onnx.internal.operators.DeviceOperators;

/**
 * Memory of the Java API, for the CPU where the C API cannot be used: tensors are direct buffers, outputs are pinned. Nearly as fast as IO
 * binding, because on the CPU nothing crosses a bus. {@link NativeApi} keeps ONNX Runtime's environment alive here as well, so that the JVM
 * may exit during a run.
 */
public final class JavaMemory extends DeviceMemory {
    private final String reason;

    /** Creates a memory; {@code reason} says why the C API cannot be used. */
    public JavaMemory(String reason) {
        this.reason = reason;
    }

    @Override
    public boolean isHost() {
        return true;
    }

    @Override
    public Tensor allocate(ElementType type, long... shape) throws OrtException {
        ByteBuffer bytes = buffer(Math.multiplyExact(type.bytes(), Tensor.values(shape)), shape);
        OnnxTensor tensor = OnnxTensor.createTensor(OrtEnvironment.getEnvironment(), bytes, shape, type.javaType());
        return JavaTensor.over(bytes, tensor, type);
    }

    private static ByteBuffer buffer(long bytes, long[] shape) throws OrtException {
        if (bytes > Integer.MAX_VALUE) {
            throw new OrtException("a tensor of shape " + Arrays.toString(shape) + " needs more than 2 GiB");
        }
        try {
            return ByteBuffer.allocateDirect((int) bytes).order(ByteOrder.nativeOrder());
        } catch (OutOfMemoryError e) {
            throw new OrtException("no memory for a tensor of shape " + Arrays.toString(shape)
                    + "; -XX:MaxDirectMemorySize sets how much there is");
        }
    }

    @Override
    public void write(Tensor to, long first, float[] values, int from, int count) {
        floats(to).put(Math.toIntExact(first), values, from, count);
    }

    @Override
    public void write(Tensor to, long[] values) {
        longs(to).put(0, values);
    }

    @Override
    public float[] readFloats(Tensor from) {
        float[] values = new float[Math.toIntExact(from.values())];
        floats(from).get(0, values);
        return values;
    }

    @Override
    public long[] readLongs(Tensor from) {
        long[] values = new long[Math.toIntExact(from.values())];
        longs(from).get(0, values);
        return values;
    }

    @Override
    public byte[] readBytes(Tensor from, long first, int count) {
        byte[] values = new byte[count];
        ((JavaTensor) from).buffer().get(Math.toIntExact(first), values);
        return values;
    }

    @Override
    public void copy(Tensor from, long first, Tensor to, long toFirst, long count) {
        int size = from.type().bytes();
        ByteBuffer source = ((JavaTensor) from).buffer();
        ((JavaTensor) to)
                .buffer()
                .put(Math.toIntExact(toFirst * size), source, Math.toIntExact(first * size), Math.toIntExact(count * size));
    }

    private static FloatBuffer floats(Tensor tensor) {
        return ((JavaTensor) tensor).buffer().asFloatBuffer();
    }

    private static LongBuffer longs(Tensor tensor) {
        return ((JavaTensor) tensor).buffer().asLongBuffer();
    }

    @Override
    public OrtSession openSession(byte[] model, SessionOptions options) throws OrtException {
        return OrtEnvironment.getEnvironment().createSession(model, options);
    }

    @Override
    public OptionalLong stream() {
        return OptionalLong.empty();
    }

    @Override
    public PreparedRun prepare(OrtSession session, RunPlan plan) throws OrtException {
        return new JavaBinding(session, plan);
    }

    @Override
    public ImmutableSet<String> hostInputs(OrtSession session) {
        return ImmutableSet.of();
    }

    @Override
    public Optional<DeviceOperators> operators() {
        return Optional.empty();
    }

    @Override
    public String description() {
        return "outputs pinned, because " + reason;
    }

    @Override
    public void free() {
        // Direct buffers are freed by the garbage collector.
    }
}
