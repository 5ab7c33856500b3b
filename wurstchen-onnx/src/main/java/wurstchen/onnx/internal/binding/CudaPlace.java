package wurstchen.onnx.internal.binding;

import ai.onnxruntime.OrtException;
import com.sun.jna.NativeLibrary;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import wurstchen.onnx.internal.capi.OrtStatus;
import wurstchen.onnx.internal.capi.OrtTable;
import wurstchen.onnx.internal.capi.SessionAllocator;
import wurstchen.onnx.internal.common.Closing;
import wurstchen.onnx.internal.common.FilePart;
import wurstchen.onnx.internal.common.HostSystem;
import wurstchen.onnx.internal.common.OrtWork;
import wurstchen.onnx.internal.cuda.CudaMemory;
import wurstchen.onnx.internal.cuda.CudaStream;
import wurstchen.onnx.internal.cuda.DeviceThread;
import wurstchen.onnx.internal.cuda.InstalledCudaDriver;
import wurstchen.onnx.internal.cuda.StreamRecorder;
import wurstchen.onnx.internal.operators.DeviceOperators;

/** The memory of a GPU. */
final class CudaPlace implements NativePlace {
    /** OrtMemTypeDefault of onnxruntime_c_api.h. */
    private static final int DEFAULT_MEMORY = 0;

    /** OrtMemTypeCPUOutput. */
    private static final int CPU_OUTPUT = -1;

    private final HostPlace host;
    private final IdentityCopies copies;
    private final DeviceThread thread;
    private final SessionAllocator gpu;
    private final Optional<SessionAllocator> pinned;
    private final Optional<CudaStream> stream;
    private final Optional<StreamRecorder> recorder;
    private final DeviceOperators operators;
    private final Optional<CudaMemory> weights;

    private CudaPlace(
            HostPlace host,
            IdentityCopies copies,
            DeviceThread thread,
            SessionAllocator gpu,
            Optional<SessionAllocator> pinned,
            Optional<CudaStream> stream,
            DeviceOperators operators,
            Optional<CudaMemory> weights) {
        this.host = host;
        this.copies = copies;
        this.thread = thread;
        this.gpu = gpu;
        this.pinned = pinned;
        this.stream = stream;
        this.recorder = stream.map(CudaStream::recorder);
        this.operators = operators;
        this.weights = weights;
    }

    static CudaPlace open(CudaProvider provider) throws OrtException {
        List<AutoCloseable> opened = new ArrayList<>();
        try {
            HostPlace host = new HostPlace();
            opened.add(host);
            Optional<CudaStream> stream = CudaStream.open(provider.options().index(), HostSystem.current());
            stream.ifPresent(opened::add);
            DeviceThread thread = new DeviceThread("wurstchen " + provider.name());
            opened.add(thread);
            IdentityCopies copies = openCopies(provider, stream, thread);
            opened.add(copies);
            SessionAllocator gpu = SessionAllocator.open(copies.session(), "Cuda", provider.options().index(), DEFAULT_MEMORY);
            opened.add(gpu);
            thread.execute(() -> choose(gpu));
            DeviceOperators operators = openOperators(provider, stream, thread);
            opened.add(operators);
            return new CudaPlace(host, copies, thread, gpu, pinned(provider, copies), stream, operators, weights(provider));
        } catch (OrtException | RuntimeException e) {
            Closing.afterFailure(e, opened);
            throw e;
        }
    }

    /** Returns memory for weights, unless a graph's memory is limited: the limit includes the weights, so ONNX Runtime reads them then. */
    private static Optional<CudaMemory> weights(CudaProvider provider) {
        return provider.options().memoryLimit().isPresent()
                ? Optional.empty()
                : CudaMemory.open(provider.options().index(), HostSystem.current());
    }

    /** Opens the copying graph on the device thread, so that only that thread has library handles. */
    private static IdentityCopies openCopies(CudaProvider provider, Optional<CudaStream> stream, DeviceThread thread) throws OrtException {
        IdentityCopies[] opened = new IdentityCopies[1];
        thread.execute(() -> opened[0] = IdentityCopies.open(provider, address(stream)));
        return opened[0];
    }

    /** Opens the operators on the device thread, after the provider has started, because starting it loads cuBLASLt. */
    private static DeviceOperators openOperators(CudaProvider provider, Optional<CudaStream> stream, DeviceThread thread)
            throws OrtException {
        HostSystem host = HostSystem.current();
        Optional<NativeLibrary> driver = InstalledCudaDriver.library(host);
        if (stream.isEmpty() || driver.isEmpty()) {
            return DeviceOperators.off("NVIDIA's driver makes no stream");
        }
        DeviceOperators[] opened = new DeviceOperators[1];
        thread.execute(() -> opened[0] =
                DeviceOperators.open(driver.get(), provider.options().index(), stream.get().address(), host));
        return opened[0];
    }

    private static OptionalLong address(Optional<CudaStream> stream) {
        return stream.map(made -> OptionalLong.of(made.address())).orElse(OptionalLong.empty());
    }

    /**
     * Makes the GPU current on this thread, as ONNX Runtime's allocator does when it allocates GPU memory. Pinning memory does not, and
     * would start CUDA on the first GPU as well.
     */
    private static void choose(SessionAllocator gpu) throws OrtException {
        long[] value = new long[1];
        OrtStatus.check(
                OrtTable.CreateTensorAsOrtValue(gpu.address(), new long[] {1}, 1, ElementType.FLOAT32.code(), value));
        OrtTable.ReleaseValue(value[0]);
    }

    /**
     * Opens the allocator of pinned memory, which makes copies faster. A driver may refuse to pin any; values then go through pageable
     * memory.
     */
    private static Optional<SessionAllocator> pinned(CudaProvider provider, IdentityCopies copies) {
        try {
            return Optional.of(SessionAllocator.open(copies.session(), "CudaPinned", provider.options().index(), CPU_OUTPUT));
        } catch (OrtException e) {
            return Optional.empty();
        }
    }

    @Override
    public long memoryInfo() {
        return gpu.memoryInfo();
    }

    @Override
    public long hostMemoryInfo() {
        return host.memoryInfo();
    }

    @Override
    public long allocator() {
        return gpu.address();
    }

    @Override
    public long hostAllocator() {
        return host.allocator();
    }

    @Override
    public long stagingAllocator() {
        return pinned.map(SessionAllocator::address).orElse(host.allocator());
    }

    @Override
    public boolean isHost() {
        return false;
    }

    @Override
    public void copy(NativeTensor from, NativeTensor to) throws OrtException {
        copies.copy(from, to);
    }

    @Override
    public void execute(OrtWork work) throws OrtException {
        thread.execute(work);
    }

    @Override
    public OptionalLong stream() {
        return address(stream);
    }

    @Override
    public Optional<StreamRecorder> recorder() {
        return recorder;
    }

    @Override
    public Optional<DeviceOperators> operators() {
        return Optional.of(operators);
    }

    @Override
    public Optional<WeightMemory> weightMemory() {
        return weights.map(CudaWeightMemory::new);
    }

    /** Memory of NVIDIA's driver. */
    private record CudaWeightMemory(CudaMemory memory) implements WeightMemory {
        @Override
        public OptionalLong allocate(long bytes) {
            return memory.allocate(bytes);
        }

        @Override
        public void free(long address) {
            memory.free(address);
        }

        @Override
        public void read(List<FilePart> parts) throws IOException {
            memory.read(parts);
        }
    }

    @Override
    public String description() {
        return "inputs and outputs bound on the device, " + operators.description();
    }

    @Override
    public void close() {
        operators.close();
        weights.ifPresent(CudaMemory::close);
        pinned.ifPresent(SessionAllocator::close);
        gpu.close();
        copies.close();
        host.close();
        thread.close();
        stream.ifPresent(CudaStream::close);
    }
}
