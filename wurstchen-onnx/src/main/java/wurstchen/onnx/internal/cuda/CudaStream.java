package wurstchen.onnx.internal.cuda;

import com.sun.jna.Pointer;
import com.sun.jna.ptr.PointerByReference;
import java.util.Optional;
import wurstchen.onnx.internal.common.HostSystem;

/**
 * A CUDA stream created through NVIDIA's driver (cuda.h), shared by all graphs of a device. Otherwise ONNX Runtime creates a stream for
 * each graph, and with it a cuDNN handle, which leaks memory: cudnnDestroy does not unload two modules that cudnnCreate loads (cuDNN 9.19).
 * Source: class CudaStream of onnxruntime/core/providers/cuda/cuda_stream_handle.cc.
 */
public final class CudaStream implements AutoCloseable {
    /** CU_STREAM_NON_BLOCKING: does not synchronize with the default stream, like the streams that ONNX Runtime creates. */
    private static final int NON_BLOCKING = 1;

    private final PrimaryContext context;
    private final Pointer stream;

    private CudaStream(PrimaryContext context, Pointer stream) {
        this.context = context;
        this.stream = stream;
    }

    /**
     * Creates a stream. Requires JNA.
     *
     * @param index of the GPU, in CUDA's order
     * @return empty if the driver fails; then ONNX Runtime fails as well, with a reason
     */
    public static Optional<CudaStream> open(int index, HostSystem host) {
        return InstalledCudaDriver.library(host)
                .flatMap(driver -> PrimaryContext.retain(driver, index))
                .flatMap(CudaStream::open);
    }

    private static Optional<CudaStream> open(PrimaryContext context) {
        Optional<Pointer> stream = make(context);
        if (stream.isEmpty()) {
            context.close();
        }
        return stream.map(made -> new CudaStream(context, made));
    }

    private static Optional<Pointer> make(PrimaryContext context) {
        if (!context.succeeds("cuCtxPushCurrent_v2", context.address())) {
            return Optional.empty();
        }
        PointerByReference stream = new PointerByReference();
        boolean made = context.succeeds("cuStreamCreate", stream, NON_BLOCKING);
        context.succeeds("cuCtxPopCurrent_v2", new PointerByReference());
        return made ? Optional.of(stream.getValue()) : Optional.empty();
    }

    /** Returns the address of the CUstream, which is also a cudaStream_t. */
    public long address() {
        return Pointer.nativeValue(stream);
    }

    /** Returns what records work on the stream. */
    public StreamRecorder recorder() {
        return CudaGraphs.open(context.driver(), address());
    }

    /** Frees the stream. No graph may use it any more. */
    @Override
    public void close() {
        context.succeeds("cuStreamDestroy_v2", stream);
        context.close();
    }
}
