package wurstchen.onnx.internal.cuda;

import com.sun.jna.Pointer;
import com.sun.jna.ptr.LongByReference;
import com.sun.jna.ptr.PointerByReference;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import wurstchen.onnx.internal.common.FilePart;
import wurstchen.onnx.internal.common.HostSystem;

/**
 * GPU memory allocated through NVIDIA's driver, and file reads into it: several threads read into pinned memory, from which the GPU copies
 * at full bus speed. Thread-safe.
 *
 * <p>Source: cuda.h.
 */
public final class CudaMemory implements AutoCloseable {
    private final PrimaryContext context;
    private final PinnedReader reader;

    private CudaMemory(PrimaryContext context) {
        this.context = context;
        this.reader = new PinnedReader(this);
    }

    /**
     * Opens the memory of a GPU. Requires JNA.
     *
     * @param index of the GPU, in CUDA's order
     * @return empty if the driver fails; then ONNX Runtime fails as well, with a reason
     */
    public static Optional<CudaMemory> open(int index, HostSystem host) {
        return InstalledCudaDriver.library(host)
                .flatMap(driver -> PrimaryContext.retain(driver, index))
                .map(CudaMemory::new);
    }

    /** Allocates memory, aligned to 256 bytes or more; empty if there is too little. */
    public OptionalLong allocate(long bytes) {
        enter();
        LongByReference address = new LongByReference();
        return context.succeeds("cuMemAlloc_v2", address, bytes) ? OptionalLong.of(address.getValue()) : OptionalLong.empty();
    }

    /** Frees memory returned by {@link #allocate}, after all queued work is done. */
    public void free(long address) {
        enter();
        context.succeeds("cuMemFree_v2", address);
    }

    /**
     * Reads parts of files into GPU memory; the data is there when this returns.
     *
     * @throws IOException if a file cannot be read or is too short, or the driver fails to copy
     */
    public void read(List<FilePart> parts) throws IOException {
        reader.read(parts);
    }

    /** Makes the GPU's context current on the calling thread. */
    void enter() {
        context.succeeds("cuCtxSetCurrent", context.address());
    }

    /** Allocates pinned memory; empty if the driver cannot pin more. */
    Optional<Pointer> pin(long bytes) {
        PointerByReference memory = new PointerByReference();
        return context.succeeds("cuMemAllocHost_v2", memory, bytes) ? Optional.of(memory.getValue()) : Optional.empty();
    }

    void unpin(Pointer memory) {
        context.succeeds("cuMemFreeHost", memory);
    }

    /** Copies from host memory and waits for the copy. Returns whether the driver succeeded. */
    boolean copy(long to, Pointer from, long bytes) {
        return context.succeeds("cuMemcpyHtoD_v2", to, from, bytes);
    }

    /** Frees pinned memory and threads. Everything allocated must have been freed. */
    @Override
    public void close() {
        reader.close();
        context.close();
    }
}
