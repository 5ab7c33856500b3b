package wurstchen.onnx.internal.capi;

import ai.onnxruntime.OrtException;

/** Converts an OrtStatus of the C API to an exception. */
public final class OrtStatus {
    private OrtStatus() {}

    /**
     * Checks and frees a status.
     *
     * @param status its address, or 0 for success
     * @throws OrtException with the status's code and message, unless it is 0
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
