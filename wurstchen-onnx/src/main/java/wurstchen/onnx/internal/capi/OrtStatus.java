package wurstchen.onnx.internal.capi;

import ai.onnxruntime.OrtException;

/** What a function of the C API answers. */
public final class OrtStatus {
    private OrtStatus() {}

    /**
     * Frees a status.
     *
     * @param status its address, or 0
     * @throws OrtException with its code and message, unless it is 0
     */
    public static void check(long status) throws OrtException {
        if (status == 0) {
            return;
        }
        int code = OrtTable.GetErrorCode(status);
        String message = OrtTable.GetErrorMessage(status);
        OrtTable.ReleaseStatus(status);
        throw new OrtException(code, message);
    }
}
