package wurstchen.onnx.internal.operators.callback;

import ai.onnxruntime.OrtException;
import wurstchen.WurstchenException;
import wurstchen.onnx.internal.capi.OrtStatus;
import wurstchen.onnx.internal.capi.OrtTable;
import wurstchen.onnx.internal.common.OneLine;

/**
 * Attributes read from ONNX Runtime.
 *
 * @param info the address of the OrtKernelInfo
 */
record OrtAttributes(long info) implements NodeAttributes {
    @Override
    public long integer(String name) {
        long[] value = new long[1];
        check(name, OrtTable.KernelInfoGetAttribute_int64(info, name, value));
        return value[0];
    }

    @Override
    public long[] integers(String name) {
        long[] count = new long[1];
        // Without room for values, it says how many there are.
        check(name, OrtTable.KernelInfoGetAttributeArray_int64(info, name, null, count));
        long[] values = new long[(int) count[0]];
        check(name, OrtTable.KernelInfoGetAttributeArray_int64(info, name, values, count));
        return values;
    }

    @Override
    public float number(String name) {
        float[] value = new float[1];
        check(name, OrtTable.KernelInfoGetAttribute_float(info, name, value));
        return value[0];
    }

    /** ONNX Runtime does not name an attribute that is missing. */
    private static void check(String name, long status) {
        try {
            OrtStatus.check(status);
        } catch (OrtException e) {
            throw new WurstchenException("attribute " + name + ": " + OneLine.of(e.getMessage()), e);
        }
    }
}
