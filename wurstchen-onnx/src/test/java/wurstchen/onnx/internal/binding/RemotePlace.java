package wurstchen.onnx.internal.binding;

import static com.google.common.base.Preconditions.checkState;

import ai.onnxruntime.OrtException;
import java.util.Optional;
import java.util.OptionalLong;
import wurstchen.onnx.internal.common.OrtWork;
import wurstchen.onnx.internal.cuda.DeviceThread;
import wurstchen.onnx.internal.cuda.StreamRecorder;
import wurstchen.onnx.internal.operators.DeviceOperators;

/** The CPU's memory, treated as a GPU's: copied by graphs and worked with by one thread. */
public final class RemotePlace implements NativePlace {
    private static final String THREAD = "remote place";

    private final HostPlace host;
    private final IdentityCopies copies;
    private final Optional<DeviceOperators> operators;
    private final DeviceThread thread = new DeviceThread(THREAD);
    private final HostWeightMemory weights = new HostWeightMemory();
    private boolean closed;

    private RemotePlace(HostPlace host, IdentityCopies copies, Optional<DeviceOperators> operators) {
        this.host = host;
        this.copies = copies;
        this.operators = operators;
    }

    public static DeviceMemory openMemory() {
        return openMemory(Optional.empty());
    }

    /** As {@link #openMemory()}, with operators of this library. */
    public static DeviceMemory openMemory(Optional<DeviceOperators> operators) {
        checkState(NativeApi.problem().isEmpty(), "no binding: %s", NativeApi.problem());
        try {
            IdentityCopies copies = IdentityCopies.open(new CpuProvider(1), OptionalLong.empty());
            return new NativeMemory(new RemotePlace(new HostPlace(), copies, operators));
        } catch (OrtException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public long memoryInfo() {
        return host.memoryInfo();
    }

    @Override
    public long hostMemoryInfo() {
        return host.memoryInfo();
    }

    @Override
    public long allocator() {
        return host.allocator();
    }

    @Override
    public long hostAllocator() {
        return host.allocator();
    }

    @Override
    public long stagingAllocator() {
        return host.allocator();
    }

    @Override
    public boolean isHost() {
        return false;
    }

    @Override
    public void copy(NativeTensor from, NativeTensor to) throws OrtException {
        checkState(Thread.currentThread().getName().equals(THREAD), "not the device's thread: %s", Thread.currentThread());
        copies.copy(from, to);
    }

    @Override
    public void execute(OrtWork work) throws OrtException {
        thread.execute(work);
    }

    @Override
    public OptionalLong stream() {
        return OptionalLong.empty();
    }

    @Override
    public Optional<StreamRecorder> recorder() {
        return Optional.of(new HostRecorder());
    }

    @Override
    public Optional<DeviceOperators> operators() {
        return operators;
    }

    @Override
    public Optional<WeightMemory> weightMemory() {
        return Optional.of(weights);
    }

    @Override
    public String description() {
        return "out of reach";
    }

    @Override
    public void close() {
        checkState(!closed, "closed twice");
        checkState(weights.open() == 0, "weights of %s graphs are still open", weights.open());
        closed = true;
        copies.close();
        host.close();
        thread.close();
    }
}
