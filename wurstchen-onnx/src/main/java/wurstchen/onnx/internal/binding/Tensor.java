package wurstchen.onnx.internal.binding;

/**
 * Numbers in device memory, of fixed type and shape. Its {@link DeviceMemory} copies them to and from Java. A second close does nothing.
 * For one thread at a time.
 */
public interface Tensor extends AutoCloseable {
    /** Returns the type of the values. */
    ElementType type();

    /** Returns the shape as a new array. */
    long[] shape();

    @Override
    void close();

    /** Returns the number of values. */
    default long values() {
        return values(shape());
    }

    /** Returns the size of the values in bytes. */
    default long bytes() {
        return values() * type().bytes();
    }

    /** Returns the number of values of a shape. */
    static long values(long... shape) {
        long values = 1;
        for (long axis : shape) {
            values = Math.multiplyExact(values, axis);
        }
        return values;
    }
}
