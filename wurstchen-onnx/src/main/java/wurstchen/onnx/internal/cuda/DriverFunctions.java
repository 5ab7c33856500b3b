package wurstchen.onnx.internal.cuda;

import com.sun.jna.Native;
import com.sun.jna.NativeLibrary;

/**
 * Functions of NVIDIA's driver, under the names that its library exports (cuda.h defines the names without {@code _v2} as these). A handle
 * and an address are longs; an array of one element takes what a function hands out. Each returns a CUresult, 0 for success.
 */
public final class DriverFunctions {
    private static boolean linked;

    private DriverFunctions() {}

    /**
     * Makes the functions of this class those of the driver.
     *
     * @throws UnsatisfiedLinkError if the driver lacks one
     */
    public static synchronized void link(NativeLibrary driver) {
        if (!linked) {
            Native.register(DriverFunctions.class, driver);
            linked = true;
        }
    }

    public static native int cuInit(int flags);

    public static native int cuGetErrorString(int error, long[] text);

    public static native int cuDeviceGet(int[] device, int index);

    public static native int cuDeviceGetAttribute(int[] value, int attribute, int device);

    public static native int cuDevicePrimaryCtxRetain(long[] context, int device);

    public static native int cuDevicePrimaryCtxRelease_v2(int device);

    public static native int cuCtxPushCurrent_v2(long context);

    public static native int cuCtxPopCurrent_v2(long[] context);

    public static native int cuModuleLoadData(long[] module, byte[] image);

    public static native int cuModuleUnload(long module);

    public static native int cuModuleGetFunction(long[] function, long module, String name);

    public static native int cuFuncSetAttribute(long function, int attribute, int value);

    public static native int cuLaunchKernel(
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
    public static native int cuTensorMapEncodeTiled(
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

    public static native int cuLaunchKernelEx(long configuration, long function, long parameters, long extra);

    public static native int cuMemAlloc_v2(long[] address, long bytes);

    public static native int cuMemFree_v2(long address);

    public static native int cuMemsetD8Async(long address, byte value, long bytes, long stream);

    public static native int cuStreamSynchronize(long stream);

    public static native int cuStreamIsCapturing(long stream, int[] status);

    public static native int cuStreamBeginCapture_v2(long stream, int mode);

    public static native int cuStreamEndCapture(long stream, long[] graph);

    /** Since CUDA 11.4. */
    public static native int cuGraphInstantiateWithFlags(long[] executable, long graph, long flags);

    public static native int cuGraphLaunch(long executable, long stream);

    public static native int cuGraphExecDestroy(long executable);

    public static native int cuGraphDestroy(long graph);

    public static native int cuEventCreate(long[] event, int flags);

    public static native int cuEventRecord(long event, long stream);

    public static native int cuEventSynchronize(long event);

    public static native int cuEventElapsedTime(float[] milliseconds, long start, long end);

    public static native int cuEventDestroy_v2(long event);
}
