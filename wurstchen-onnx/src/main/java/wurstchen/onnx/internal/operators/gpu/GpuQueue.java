package wurstchen.onnx.internal.operators.gpu;

import com.sun.jna.NativeLibrary;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import wurstchen.WurstchenException;
import wurstchen.onnx.internal.common.Closing;
import wurstchen.onnx.internal.common.HostSystem;

/** All that operators need to work on one stream of a GPU, which this owns: kernels, cuBLASLt and memory. */
public final class GpuQueue implements AutoCloseable {
    /** Set to {@code timed} to choose algorithms of products by a short trial each. */
    private static final String PRODUCTS = "wurstchen.products";

    private final GpuWork work;
    private final String description;
    private final List<AutoCloseable> owned;

    private GpuQueue(GpuWork work, String description, List<AutoCloseable> owned) {
        this.work = work;
        this.description = description;
        this.owned = owned;
    }

    /**
     * Opens a GPU on which ONNX Runtime's CUDA provider has been started. Needs JNA.
     *
     * @param gpu in CUDA's order
     * @param stream the address of the stream
     * @param kernels all that are launched
     * @throws WurstchenException if something is missing, or does not work
     */
    public static GpuQueue open(NativeLibrary driver, int gpu, long stream, Iterable<KernelSpec> kernels, HostSystem host) {
        List<AutoCloseable> owned = new ArrayList<>();
        try {
            CudaGpu opened = own(owned, CudaGpu.open(driver, gpu));
            KernelModule module = own(owned, KernelModule.load(opened, kernels));
            CublasLt products = cublasLt(opened, owned, host);
            ProductPlans plans = new ProductPlans(products, trial(opened, host));
            StreamWork work = own(owned, new StreamWork(opened, module, plans, stream));
            return new GpuQueue(work, module.name() + ", " + products.description(), owned);
        } catch (RuntimeException | LinkageError e) {
            WurstchenException failure =
                    e instanceof WurstchenException known ? known : new WurstchenException(e.toString(), e);
            Closing.afterFailure(failure, owned);
            throw failure;
        }
    }

    private static ProductTrial trial(GpuDriver gpu, HostSystem host) {
        return host.property(PRODUCTS).equals(Optional.of("timed")) ? ProductTrial.timed(gpu) : ProductTrial.FIRST;
    }

    private static CublasLt cublasLt(CudaGpu gpu, List<AutoCloseable> owned, HostSystem host) {
        NativeLibrary library = CublasLtSearch.loaded(host)
                .orElseThrow(() -> new WurstchenException("ONNX Runtime's CUDA provider has not loaded cuBLASLt"));
        long workspace = gpu.allocate(CublasLt.WORKSPACE_BYTES);
        own(owned, () -> gpu.free(workspace));
        CublasLt[] opened = new CublasLt[1];
        gpu.inContext(() -> opened[0] = CublasLt.open(library, workspace));
        return opened[0];
    }

    private static <T extends AutoCloseable> T own(List<AutoCloseable> owned, T resource) {
        owned.add(resource);
        return resource;
    }

    /** Returns what to queue on. */
    public GpuWork work() {
        return work;
    }

    /** Returns what computes, such as {@code operators-sm_90.cubin, cuBLASLt 12.9.1}. */
    public String description() {
        return description;
    }

    /** Frees everything; nothing queued here may be unfinished, and no recording may be replayed any more. */
    @Override
    public void close() {
        Closing.all(owned);
    }
}
