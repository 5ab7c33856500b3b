package wurstchen.onnx.internal.operators;

import java.util.Arrays;
import wurstchen.WurstchenException;

/** Checks of the shapes that a node is given. */
final class Shapes {
    /** Any size of an axis. */
    static final long ANY = -1;

    private Shapes() {}

    /**
     * Checks a shape.
     *
     * @param what the input, for the message
     * @param expected the size of each axis, or {@link #ANY}
     * @return the shape
     * @throws WurstchenException if it is another one
     */
    static long[] check(String what, long[] shape, long... expected) {
        boolean fits = shape.length == expected.length;
        for (int i = 0; fits && i < shape.length; i++) {
            fits = expected[i] == ANY || expected[i] == shape[i];
        }
        if (!fits) {
            throw new WurstchenException(
                    what + " must be of shape " + words(expected) + ", got " + words(shape) + "; export the bundle again");
        }
        return shape;
    }

    static String words(long... shape) {
        return Arrays.toString(shape).replace(Long.toString(ANY), "any").replace(" ", "");
    }

    /** Returns the number of values of a shape. */
    static long size(long... shape) {
        return product(shape, 0, shape.length);
    }

    /** Returns the product of the axes from the first to before another. */
    static long product(long[] shape, int first, int end) {
        long product = 1;
        for (int i = first; i < end; i++) {
            product = Math.multiplyExact(product, shape[i]);
        }
        return product;
    }

    /** Returns a size that kernels take as 32 bits. */
    static int toInt(String what, long size) {
        if (size > Integer.MAX_VALUE) {
            throw new WurstchenException(what + " is " + size + ", kernels take at most " + Integer.MAX_VALUE
                    + "; make fewer pictures at a time, or smaller ones");
        }
        return (int) size;
    }

    /** Returns the quotient of positive numbers, rounded up. */
    static long ceilDiv(long dividend, long divisor) {
        return (dividend + divisor - 1) / divisor;
    }
}
