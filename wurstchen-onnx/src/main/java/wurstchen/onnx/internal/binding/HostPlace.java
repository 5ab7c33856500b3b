package wurstchen.onnx.internal.binding;

import ai.onnxruntime.OrtException;
import com.sun.jna.Pointer;
import java.util.Optional;
import java.util.OptionalLong;
import wurstchen.onnx.internal.capi.OrtStatus;
import wurstchen.onnx.internal.capi.OrtTable;
import wurstchen.onnx.internal.common.OrtWork;
import wurstchen.onnx.internal.cuda.StreamRecorder;
import wurstchen.onnx.internal.operators.DeviceOperators;

/** The memory of ONNX Runtime's CPU provider. */
final class HostPlace implements NativePlace {
    /** OrtArenaAllocator and OrtMemTypeDefault of onnxruntime_c_api.h. */
    private static final int ARENA_ALLOCATOR = 1;

    private static final int DEFAULT_MEMORY = 0;

    private final long memoryInfo;
    private final long allocator;

    HostPlace() throws OrtException {
        long[] address = new long[1];
        // Owned by ONNX Runtime; must not be released.
        OrtStatus.check(OrtTable.GetAllocatorWithDefaultOptions(address));
        allocator = address[0];
        OrtStatus.check(OrtTable.CreateCpuMemoryInfo(ARENA_ALLOCATOR, DEFAULT_MEMORY, address));
        memoryInfo = address[0];
    }

    @Override
    public long memoryInfo() {
        return memoryInfo;
    }

    @Override
    public long hostMemoryInfo() {
        return memoryInfo;
    }

    @Override
    public long allocator() {
        return allocator;
    }

    @Override
    public long hostAllocator() {
        return allocator;
    }

    @Override
    public long stagingAllocator() {
        return allocator;
    }

    @Override
    public boolean isHost() {
        return true;
    }

    @Override
    public void copy(NativeTensor from, NativeTensor to) throws OrtException {
        Pointer source = from.pointer();
        to.pointer().getByteBuffer(0, to.bytes()).put(source.getByteBuffer(0, from.bytes()));
    }

    @Override
    public void execute(OrtWork work) throws OrtException {
        work.run();
    }

    @Override
    public OptionalLong stream() {
        return OptionalLong.empty();
    }

    /** Returns nothing, because ONNX Runtime maps the files, see {@link PrivateMappings}. */
    @Override
    public Optional<WeightMemory> weightMemory() {
        return Optional.empty();
    }

    @Override
    public Optional<StreamRecorder> recorder() {
        return Optional.empty();
    }

    @Override
    public Optional<DeviceOperators> operators() {
        return Optional.empty();
    }

    @Override
    public String description() {
        return "inputs and outputs bound";
    }

    @Override
    public void close() {
        OrtTable.ReleaseMemoryInfo(memoryInfo);
    }
}
