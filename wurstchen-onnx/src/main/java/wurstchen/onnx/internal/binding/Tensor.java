package wurstchen.onnx.internal.binding;

/**
 * Numbers in the memory of a device, of a fixed type and shape. Its {@link DeviceMemory} moves them to and from Java. A second close does
 * nothing. For one thread at a time.
 */
public interface Tensor extends AutoCloseable {
    /** The type of the values. */
    ElementType type();

    /** A new array. */
    long[] shape();

    @Override
    void close();

    /** The number of values. */
    default long values() {
        return values(shape());
    }

    /** The size of the values in bytes. */
    default long bytes() {
        return values() * type().bytes();
    }

    /** The number of values of a shape. */
    static long values(long... shape) {
        long values = 1;
        for (long axis : shape) {
            values = Math.multiplyExact(values, axis);
        }
        return values;
    }
}
