package wurstchen.onnx.internal.operators.gpu;

import com.sun.jna.Memory;
import com.sun.jna.Native;
import com.sun.jna.Pointer;
import java.util.List;

/** The arguments of a kernel as cuLaunchKernel takes them: a list of addresses, each of one value. For one thread at a time. */
final class LaunchParameters {
    private static final int MOST = 32;

    /** Tensors that a kernel takes at most. */
    private static final int MOST_TENSORS = 4;

    private final Memory addresses = new Memory((long) MOST * Native.POINTER_SIZE);
    private final Memory values = new Memory((long) MOST * Long.BYTES);
    private final Memory tensors = new Memory((long) (MOST_TENSORS + 1) * TensorTiles.BYTES);
    private final TensorEncoder encoder;

    /** Writes what a kernel takes for a tensor. */
    @FunctionalInterface
    interface TensorEncoder {
        /**
         * Encodes a tensor.
         *
         * @param target where {@link TensorTiles#BYTES} bytes are written, a multiple of 64
         */
        void encode(TensorTiles tensor, long target);
    }

    LaunchParameters(TensorEncoder encoder) {
        this.encoder = encoder;
    }

    private static long at(int index) {
        return (long) index * Long.BYTES;
    }

    /**
     * Writes arguments over the ones before.
     *
     * @return the address of the list, valid until the next call
     */
    long write(List<Object> arguments) {
        long tensor = Pointer.nativeValue(tensors) + TensorTiles.ALIGNMENT - 1 & -TensorTiles.ALIGNMENT;
        for (int i = 0; i < arguments.size(); i++) {
            Object argument = arguments.get(i);
            addresses.setPointer((long) i * Native.POINTER_SIZE, values.share(at(i)));
            if (argument instanceof Long value) {
                values.setLong(at(i), value);
            } else if (argument instanceof Integer value) {
                values.setInt(at(i), value);
            } else if (argument instanceof Float value) {
                values.setFloat(at(i), value);
            } else if (argument instanceof TensorTiles tiles) {
                encoder.encode(tiles, tensor);
                addresses.setLong((long) i * Native.POINTER_SIZE, tensor);
                tensor += TensorTiles.BYTES;
            } else {
                throw new IllegalArgumentException(
                        "a kernel takes a Long, an Integer, a Float or a TensorTiles, got " + argument.getClass().getName());
            }
        }
        return Pointer.nativeValue(addresses);
    }
}
