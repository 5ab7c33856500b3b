package wurstchen.onnx.internal.operators.gpu;

import static java.util.Objects.requireNonNull;

import com.sun.jna.NativeLibrary;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import wurstchen.WurstchenException;
import wurstchen.onnx.internal.common.Closing;
import wurstchen.onnx.internal.common.HostSystem;

/** All that operators need to work on one stream of a GPU, which this owns: kernels, cuBLASLt and memory. */
public final class GpuQueue implements AutoCloseable {
    /** Set to {@code timed} to choose algorithms of products by a short trial each. */
    private static final String PRODUCTS = "wurstchen.products";

    private final CudaGpu gpu;
    private final List<AutoCloseable> owned = new ArrayList<>();
    private @Nullable GpuWork work;
    private String description = "";

    /** Takes over the GPU. */
    private GpuQueue(CudaGpu gpu) {
        this.gpu = gpu;
    }

    /**
     * Opens a GPU on which ONNX Runtime's CUDA provider has been started. Needs JNA.
     *
     * @param gpu in CUDA's order
     * @param stream the address of the stream
     * @param kernels all that are launched, with {@link KernelSpec#OVERLAP_TRIAL}
     * @throws WurstchenException if something is missing, or does not work
     */
    public static GpuQueue open(NativeLibrary driver, int gpu, long stream, Iterable<KernelSpec> kernels, HostSystem host) {
        try {
            GpuQueue queue = new GpuQueue(CudaGpu.open(driver, gpu));
            try {
                queue.gpu.inContext(() -> queue.prepare(stream, kernels, host));
                return queue;
            } catch (RuntimeException | LinkageError e) {
                Closing.afterFailure(e, List.of(queue));
                throw e;
            }
        } catch (WurstchenException e) {
            throw e;
        } catch (RuntimeException | LinkageError e) {
            throw new WurstchenException(e.toString(), e);
        }
    }

    private void prepare(long stream, Iterable<KernelSpec> kernels, HostSystem host) {
        KernelModule module = own(KernelModule.load(gpu, kernels));
        NativeLibrary library = CublasLtSearch.loaded(host)
                .orElseThrow(() -> new WurstchenException("ONNX Runtime's CUDA provider has not loaded cuBLASLt"));
        long workspace = gpu.allocate(CublasLt.WORKSPACE_BYTES);
        own(() -> gpu.free(workspace));
        CublasLt products = CublasLt.open(library, workspace);
        ProductPlans plans = own(new ProductPlans(products, trial(host)));
        boolean overlap = module.overlaps(host, stream);
        work = own(new StreamWork(gpu, module, overlap, plans, stream));
        description = module.name() + (overlap ? " (overlapping), " : ", ") + products.description();
    }

    private ProductTrial trial(HostSystem host) {
        return host.property(PRODUCTS).equals(Optional.of("timed")) ? ProductTrial.timed(gpu) : ProductTrial.FIRST;
    }

    private <T extends AutoCloseable> T own(T resource) {
        owned.add(resource);
        return resource;
    }

    /** Returns what to queue on. */
    public GpuWork work() {
        return requireNonNull(work, "not prepared");
    }

    /** Returns what computes, such as {@code operators-sm_90.cubin (overlapping), cuBLASLt 12.9.1}. */
    public String description() {
        return description;
    }

    /** Frees everything; nothing queued here may be unfinished, and no recording may be replayed any more. */
    @Override
    public void close() {
        try {
            // cuBLASLt frees what it has in the context that is current.
            gpu.inContext(() -> Closing.all(owned));
        } finally {
            gpu.close();
        }
    }
}
