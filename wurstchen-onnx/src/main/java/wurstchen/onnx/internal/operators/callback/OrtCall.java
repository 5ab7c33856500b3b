package wurstchen.onnx.internal.operators.callback;

import ai.onnxruntime.OrtException;
import wurstchen.onnx.internal.capi.OrtStatus;
import wurstchen.onnx.internal.capi.OrtTable;

/**
 * A computation that ONNX Runtime asks for.
 *
 * @param context the address of the OrtKernelContext
 */
record OrtCall(long context) implements OperatorCall {
    @Override
    public long[] shape(int input) throws OrtException {
        long[] address = new long[1];
        OrtStatus.check(OrtTable.GetTensorTypeAndShape(value(input), address));
        long info = address[0];
        try {
            long[] axes = new long[1];
            OrtStatus.check(OrtTable.GetDimensionsCount(info, axes));
            long[] shape = new long[(int) axes[0]];
            OrtStatus.check(OrtTable.GetDimensions(info, shape, shape.length));
            return shape;
        } finally {
            OrtTable.ReleaseTensorTypeAndShapeInfo(info);
        }
    }

    @Override
    public long input(int input) throws OrtException {
        return data(value(input));
    }

    private long value(int input) throws OrtException {
        long[] value = new long[1];
        OrtStatus.check(OrtTable.KernelContext_GetInput(context, input, value));
        return value[0];
    }

    @Override
    public long output(int output, long... shape) throws OrtException {
        long[] value = new long[1];
        OrtStatus.check(OrtTable.KernelContext_GetOutput(context, output, shape, shape.length, value));
        return data(value[0]);
    }

    private static long data(long value) throws OrtException {
        long[] address = new long[1];
        OrtStatus.check(OrtTable.GetTensorMutableData(value, address));
        return address[0];
    }

    @Override
    public long stream() throws OrtException {
        long[] stream = new long[1];
        OrtStatus.check(OrtTable.KernelContext_GetGPUComputeStream(context, stream));
        return stream[0];
    }
}
