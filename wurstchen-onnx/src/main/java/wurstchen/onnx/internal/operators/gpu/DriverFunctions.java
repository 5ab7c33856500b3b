package wurstchen.onnx.internal.operators.gpu;

import com.sun.jna.Native;
import com.sun.jna.NativeLibrary;

/**
 * Functions of NVIDIA's driver, under the names that its library exports (cuda.h defines the names without {@code _v2} as these). A handle
 * and an address are longs; an array of one element takes what a function hands out. Each returns a CUresult, 0 for success.
 */
final class DriverFunctions {
    private static boolean linked;

    private DriverFunctions() {}

    /**
     * Makes the functions of this class those of the driver.
     *
     * @throws UnsatisfiedLinkError if the driver lacks one
     */
    static synchronized void link(NativeLibrary driver) {
        if (!linked) {
            Native.register(DriverFunctions.class, driver);
            linked = true;
        }
    }

    static native int cuInit(int flags);

    static native int cuGetErrorString(int error, long[] text);

    static native int cuDeviceGet(int[] device, int index);

    static native int cuDeviceGetAttribute(int[] value, int attribute, int device);

    static native int cuDevicePrimaryCtxRetain(long[] context, int device);

    static native int cuDevicePrimaryCtxRelease_v2(int device);

    static native int cuCtxPushCurrent_v2(long context);

    static native int cuCtxPopCurrent_v2(long[] context);

    static native int cuModuleLoadData(long[] module, byte[] image);

    static native int cuModuleUnload(long module);

    static native int cuModuleGetFunction(long[] function, long module, String name);

    static native int cuFuncSetAttribute(long function, int attribute, int value);

    static native int cuLaunchKernel(
            long function,
            int gridX,
            int gridY,
            int gridZ,
            int blockX,
            int blockY,
            int blockZ,
            int sharedBytes,
            long stream,
            long parameters,
            long extra);

    /** Since CUDA 12.0. Sides and strides begin with the innermost; there is no stride for that one. */
    static native int cuTensorMapEncodeTiled(
            long map,
            int type,
            int rank,
            long address,
            long[] sides,
            long[] strides,
            int[] tile,
            int[] steps,
            int interleave,
            int swizzle,
            int promotion,
            int outside);

    static native int cuLaunchKernelEx(long configuration, long function, long parameters, long extra);

    static native int cuMemAlloc_v2(long[] address, long bytes);

    static native int cuMemFree_v2(long address);

    static native int cuMemsetD8Async(long address, byte value, long bytes, long stream);

    static native int cuStreamSynchronize(long stream);

    static native int cuStreamIsCapturing(long stream, int[] status);

    static native int cuStreamBeginCapture_v2(long stream, int mode);

    static native int cuStreamEndCapture(long stream, long[] graph);

    static native int cuGraphInstantiateWithFlags(long[] executable, long graph, long flags);

    static native int cuGraphExecDestroy(long executable);

    static native int cuGraphDestroy(long graph);

    static native int cuEventCreate(long[] event, int flags);

    static native int cuEventRecord(long event, long stream);

    static native int cuEventSynchronize(long event);

    static native int cuEventElapsedTime(float[] milliseconds, long start, long end);

    static native int cuEventDestroy_v2(long event);
}
