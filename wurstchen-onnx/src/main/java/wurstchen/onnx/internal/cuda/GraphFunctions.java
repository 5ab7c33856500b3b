package wurstchen.onnx.internal.cuda;

import com.sun.jna.Native;
import com.sun.jna.NativeLibrary;

/**
 * Functions of NVIDIA's driver for graphs and events, under the names that its library exports. A handle is a long; an array of one element
 * takes what a function hands out. Each returns a CUresult, 0 for success. Source: cuda.h.
 */
final class GraphFunctions {
    private static boolean linked;

    private GraphFunctions() {}

    /**
     * Makes the functions of this class those of the driver.
     *
     * @throws UnsatisfiedLinkError if the driver lacks one
     */
    static synchronized void link(NativeLibrary driver) {
        if (!linked) {
            Native.register(GraphFunctions.class, driver);
            linked = true;
        }
    }

    static native int cuStreamBeginCapture_v2(long stream, int mode);

    static native int cuStreamEndCapture(long stream, long[] graph);

    /** Since CUDA 11.4. */
    static native int cuGraphInstantiateWithFlags(long[] executable, long graph, long flags);

    static native int cuGraphDestroy(long graph);

    static native int cuGraphLaunch(long executable, long stream);

    static native int cuGraphExecDestroy(long executable);

    static native int cuEventCreate(long[] event, int flags);

    static native int cuEventRecord(long event, long stream);

    static native int cuEventSynchronize(long event);

    static native int cuEventDestroy_v2(long event);
}
