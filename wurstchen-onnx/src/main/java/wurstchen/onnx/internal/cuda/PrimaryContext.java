package wurstchen.onnx.internal.cuda;

import com.sun.jna.NativeLibrary;
import com.sun.jna.Pointer;
import com.sun.jna.ptr.IntByReference;
import com.sun.jna.ptr.PointerByReference;
import java.util.Optional;

/**
 * The primary context of a GPU, which the CUDA runtime and with it ONNX Runtime use; kept until it is closed. Source: cuda.h.
 *
 * @param driver NVIDIA's
 * @param gpu the CUdevice
 * @param address of the CUcontext
 */
record PrimaryContext(NativeLibrary driver, int gpu, Pointer address) implements AutoCloseable {
    private static final int SUCCESS = 0;

    /**
     * Retains the context.
     *
     * @param index of the GPU, in CUDA's order
     * @return empty if the driver fails
     */
    static Optional<PrimaryContext> retain(NativeLibrary driver, int index) {
        IntByReference gpu = new IntByReference();
        PointerByReference context = new PointerByReference();
        boolean retained = succeeds(driver, "cuInit", 0)
                && succeeds(driver, "cuDeviceGet", gpu, index)
                && succeeds(driver, "cuDevicePrimaryCtxRetain", context, gpu.getValue());
        return retained ? Optional.of(new PrimaryContext(driver, gpu.getValue(), context.getValue())) : Optional.empty();
    }

    /** Calls a function of the driver, and returns whether it succeeded. */
    boolean succeeds(String function, Object... arguments) {
        return succeeds(driver, function, arguments);
    }

    private static boolean succeeds(NativeLibrary driver, String function, Object... arguments) {
        return driver.getFunction(function).invokeInt(arguments) == SUCCESS;
    }

    /** Releases the context. */
    @Override
    public void close() {
        succeeds("cuDevicePrimaryCtxRelease_v2", gpu);
    }
}
