package wurstchen.onnx.internal.operators.gpu;

import com.sun.jna.Memory;
import com.sun.jna.Native;
import com.sun.jna.Pointer;
import java.util.List;

/** The arguments of a kernel as cuLaunchKernel takes them: a list of addresses, each of one value. For one thread at a time. */
final class LaunchParameters {
    private static final int MOST = 32;

    private final Memory addresses = new Memory((long) MOST * Native.POINTER_SIZE);
    private final Memory values = new Memory((long) MOST * Long.BYTES);

    LaunchParameters() {
        for (int i = 0; i < MOST; i++) {
            addresses.setPointer((long) i * Native.POINTER_SIZE, values.share(at(i)));
        }
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
        for (int i = 0; i < arguments.size(); i++) {
            Object argument = arguments.get(i);
            if (argument instanceof Long value) {
                values.setLong(at(i), value);
            } else if (argument instanceof Integer value) {
                values.setInt(at(i), value);
            } else if (argument instanceof Float value) {
                values.setFloat(at(i), value);
            } else {
                throw new IllegalArgumentException("a kernel takes a Long, an Integer or a Float, got " + argument.getClass().getName());
            }
        }
        return Pointer.nativeValue(addresses);
    }
}
