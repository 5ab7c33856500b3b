package wurstchen.onnx.internal.cuda;

import com.sun.jna.NativeLibrary;
import com.sun.jna.Pointer;
import com.sun.jna.ptr.IntByReference;
import com.sun.jna.ptr.PointerByReference;
import java.util.Optional;
import wurstchen.onnx.internal.common.HostSystem;

/**
 * A CUDA stream created through NVIDIA's driver (cuda.h), shared by all graphs of a device. Otherwise ONNX Runtime creates a stream for
 * each graph, and with it a cuDNN handle, which leaks memory: cudnnDestroy does not unload two modules that cudnnCreate loads (cuDNN 9.19).
 * Source: class CudaStream of onnxruntime/core/providers/cuda/cuda_stream_handle.cc.
 */
public final class CudaStream implements AutoCloseable {
    private static final int SUCCESS = 0;

    /** CU_STREAM_NON_BLOCKING: does not synchronize with the default stream, like the streams that ONNX Runtime creates. */
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
     * Creates a stream. Requires JNA.
     *
     * @param index of the GPU, in CUDA's order
     * @return empty if the driver fails; then ONNX Runtime fails as well, with a reason
     */
    public static Optional<CudaStream> open(int index, HostSystem host) {
        return InstalledCudaDriver.library(host).map(Calls::new).flatMap(calls -> calls.open(index));
    }

    /** Returns the address of the CUstream, which is also a cudaStream_t. */
    public long address() {
        return Pointer.nativeValue(stream);
    }

    /** Frees the stream. No graph may use it any more. */
    @Override
    public void close() {
        calls.succeeds("cuStreamDestroy_v2", stream);
        calls.succeeds("cuDevicePrimaryCtxRelease_v2", gpu);
    }

    private record Calls(NativeLibrary driver) {
        Optional<CudaStream> open(int index) {
            IntByReference gpu = new IntByReference();
            PointerByReference context = new PointerByReference();
            // The primary context, which the CUDA runtime and with it ONNX Runtime use.
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
