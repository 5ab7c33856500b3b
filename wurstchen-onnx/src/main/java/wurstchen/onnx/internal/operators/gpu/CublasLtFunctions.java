package wurstchen.onnx.internal.operators.gpu;

import com.sun.jna.Native;
import com.sun.jna.NativeLibrary;

/**
 * Functions of cuBLASLt, under the names of cublasLt.h. A handle, an address and a size are longs; an array of one element takes what a
 * function hands out. Those that return an int return a cublasStatus_t, 0 for success.
 */
final class CublasLtFunctions {
    private static boolean linked;

    private CublasLtFunctions() {}

    /**
     * Makes the functions of this class those of the library.
     *
     * @throws UnsatisfiedLinkError if it lacks one
     */
    static synchronized void link(NativeLibrary library) {
        if (!linked) {
            Native.register(CublasLtFunctions.class, library);
            linked = true;
        }
    }

    static native int cublasLtCreate(long[] handle);

    static native int cublasLtDestroy(long handle);

    static native long cublasLtGetVersion();

    static native String cublasLtGetStatusName(int status);

    static native int cublasLtMatrixLayoutCreate(long[] layout, int type, long rows, long columns, long leadingDimension);

    static native int cublasLtMatrixLayoutDestroy(long layout);

    static native int cublasLtMatrixLayoutSetAttribute(long layout, int attribute, int[] value, long bytes);

    static native int cublasLtMatrixLayoutSetAttribute(long layout, int attribute, long[] value, long bytes);

    static native int cublasLtMatmulDescCreate(long[] description, int computeType, int scaleType);

    static native int cublasLtMatmulDescDestroy(long description);

    static native int cublasLtMatmulDescSetAttribute(long description, int attribute, int[] value, long bytes);

    static native int cublasLtMatmulDescSetAttribute(long description, int attribute, long[] value, long bytes);

    static native int cublasLtMatmulPreferenceCreate(long[] preference);

    static native int cublasLtMatmulPreferenceDestroy(long preference);

    static native int cublasLtMatmulPreferenceSetAttribute(long preference, int attribute, int[] value, long bytes);

    static native int cublasLtMatmulPreferenceSetAttribute(long preference, int attribute, long[] value, long bytes);

    static native int cublasLtMatmulAlgoGetHeuristic(
            long handle,
            long description,
            long a,
            long b,
            long c,
            long d,
            long preference,
            int requested,
            long results,
            int[] returned);

    static native int cublasLtMatmul(
            long handle,
            long description,
            long alpha,
            long a,
            long aLayout,
            long b,
            long bLayout,
            long beta,
            long c,
            long cLayout,
            long d,
            long dLayout,
            long algorithm,
            long workspace,
            long workspaceBytes,
            long stream);
}
