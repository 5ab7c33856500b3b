package wurstchen.onnx.internal.operators;

import ai.onnxruntime.OrtException;
import wurstchen.WurstchenException;
import wurstchen.onnx.internal.operators.callback.NodeAttributes;
import wurstchen.onnx.internal.operators.callback.OperatorCall;

/**
 * The part of the inputs 1 and 2, scale[1,S] and offset[1,S], that a node applies to its channels.
 *
 * @param start the first column, at least 0
 * @param end behind the last column
 */
record Slice(long start, long end) {
    /** Reads the attributes {@code start} and {@code end}, each a list of one number. */
    static Slice of(NodeAttributes attributes) {
        Slice slice = new Slice(one(attributes, "start"), one(attributes, "end"));
        if (slice.start < 0 || slice.end < slice.start) {
            throw new WurstchenException("start and end must be a slice, got " + slice.start + " and " + slice.end + "; export the bundle again");
        }
        return slice;
    }

    private static long one(NodeAttributes attributes, String name) {
        long[] values = attributes.integers(name);
        if (values.length != 1) {
            throw new WurstchenException(name + " must be a list of one number, got " + Shapes.words(values) + "; export the bundle again");
        }
        return values[0];
    }

    /** Checks the inputs for so many channels. */
    void check(OperatorCall call, long channels) throws OrtException {
        if (end - start != channels) {
            throw new WurstchenException("start and end must be a slice of " + channels + " values, as many as x has channels, got " + start
                    + " and " + end + "; export the bundle again");
        }
        long columns = Shapes.check("scale", call.shape(1), 1, Shapes.ANY)[1];
        Shapes.check("offset", call.shape(2), 1, columns);
        if (end > columns) {
            throw new WurstchenException("scale and offset must have " + end + " columns or more, got " + columns + "; export the bundle again");
        }
    }

    /** Returns the address of the first value of this slice of the input 1 (scale) or 2 (offset). */
    long address(OperatorCall call, int input) throws OrtException {
        return call.input(input) + GpuKernel.HALF * start;
    }
}
