package wurstchen.onnx.internal.cuda;

import com.sun.jna.NativeLibrary;
import com.sun.jna.Pointer;
import com.sun.jna.ptr.IntByReference;
import com.sun.jna.ptr.PointerByReference;
import java.util.Optional;
import wurstchen.onnx.internal.common.HostSystem;

/**
 * A queue of a GPU's work, made by NVIDIA's driver (cuda.h), which every graph of a device is to use. Otherwise ONNX Runtime makes one for
 * each graph, and with it one more handle of cuDNN, which leaves memory behind: two modules that cudnnCreate loads and cudnnDestroy does not
 * unload (cuDNN 9.19). Source: class CudaStream of onnxruntime/core/providers/cuda/cuda_stream_handle.cc.
 */
public final class CudaStream implements AutoCloseable {
    private static final int SUCCESS = 0;

    /** CU_STREAM_NON_BLOCKING, which waits for no work of the default stream: like those that ONNX Runtime makes. */
    private static final int NON_BLOCKING = 1;

    private final Calls calls;
    private final int gpu;
    private final Pointer stream;

    private CudaStream(Calls calls, int gpu, Pointer stream) {
        this.calls = calls;
        this.gpu = gpu;
        this.stream = stream;
    }

    /**
     * Makes one. Needs JNA.
     *
     * @param index of the GPU, in CUDA's order
     * @return empty if the driver makes none; then ONNX Runtime does not work either, and says why
     */
    public static Optional<CudaStream> open(int index, HostSystem host) {
        return InstalledCudaDriver.library(host).map(Calls::new).flatMap(calls -> calls.open(index));
    }

    /** The address of the CUstream, which is also a cudaStream_t. */
    public long address() {
        return Pointer.nativeValue(stream);
    }

    /** Frees it; no graph may use it any more. */
    @Override
    public void close() {
        calls.succeeds("cuStreamDestroy_v2", stream);
        calls.succeeds("cuDevicePrimaryCtxRelease_v2", gpu);
    }

    private record Calls(NativeLibrary driver) {
        Optional<CudaStream> open(int index) {
            IntByReference gpu = new IntByReference();
            PointerByReference context = new PointerByReference();
            // The context that CUDA's runtime uses too, and with it ONNX Runtime.
            if (!succeeds("cuInit", 0)
                    || !succeeds("cuDeviceGet", gpu, index)
                    || !succeeds("cuDevicePrimaryCtxRetain", context, gpu.getValue())) {
                return Optional.empty();
            }
            Optional<Pointer> stream = make(context.getValue());
            if (stream.isEmpty()) {
                succeeds("cuDevicePrimaryCtxRelease_v2", gpu.getValue());
            }
            return stream.map(made -> new CudaStream(this, gpu.getValue(), made));
        }

        private Optional<Pointer> make(Pointer context) {
            if (!succeeds("cuCtxPushCurrent_v2", context)) {
                return Optional.empty();
            }
            PointerByReference stream = new PointerByReference();
            boolean made = succeeds("cuStreamCreate", stream, NON_BLOCKING);
            succeeds("cuCtxPopCurrent_v2", new PointerByReference());
            return made ? Optional.of(stream.getValue()) : Optional.empty();
        }

        boolean succeeds(String function, Object... arguments) {
            return driver.getFunction(function).invokeInt(arguments) == SUCCESS;
        }
    }
}
