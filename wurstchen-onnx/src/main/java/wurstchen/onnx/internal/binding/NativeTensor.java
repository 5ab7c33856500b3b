package wurstchen.onnx.internal.binding;

import ai.onnxruntime.OrtException;
import com.sun.jna.Pointer;
import java.util.concurrent.atomic.AtomicBoolean;
import wurstchen.onnx.internal.capi.OrtStatus;
import wurstchen.onnx.internal.capi.OrtTable;
import wurstchen.onnx.internal.common.Shared;

/** A tensor of the C API. Keeps its memory alive. */
public final class NativeTensor implements Tensor {
    private final Shared memory;
    private final ElementType type;
    private final long[] shape;
    private final long value;
    private final boolean onHost;
    private final AtomicBoolean closed = new AtomicBoolean();

    /**
     * Takes ownership of a value.
     *
     * @param memory of the value; retained until this is closed
     * @param value address of an OrtValue
     * @param onHost whether the CPU can access it by address
     */
    NativeTensor(Shared memory, ElementType type, long[] shape, long value, boolean onHost) {
        memory.retain();
        this.memory = memory;
        this.type = type;
        this.shape = shape.clone();
        this.value = value;
        this.onHost = onHost;
    }

    @Override
    public ElementType type() {
        return type;
    }

    @Override
    public long[] shape() {
        return shape.clone();
    }

    /** Returns whether the CPU can access it by address. */
    boolean isOnHost() {
        return onHost;
    }

    /** Returns the address of the OrtValue. */
    long value() {
        return value;
    }

    /** Returns the address of the first value, on whatever device it is. */
    long data() throws OrtException {
        long[] data = new long[1];
        OrtStatus.check(OrtTable.GetTensorMutableData(value, data));
        return data[0];
    }

    /** Returns a pointer to the first value, if the CPU can access it. */
    Pointer pointer() throws OrtException {
        return new Pointer(data());
    }

    @Override
    public void close() {
        if (closed.compareAndSet(false, true)) {
            OrtTable.ReleaseValue(value);
            memory.release();
        }
    }
}
