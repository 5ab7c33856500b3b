package wurstchen.onnx.internal.binding;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.OrtSession.SessionOptions;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSet;
import com.sun.jna.Pointer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import wurstchen.internal.Range;
import wurstchen.onnx.internal.capi.OrtHandles;
import wurstchen.onnx.internal.capi.OrtStatus;
import wurstchen.onnx.internal.capi.OrtTable;
import wurstchen.onnx.internal.common.ExternalTensor;
import wurstchen.onnx.internal.common.JvmExit;
import wurstchen.onnx.internal.common.Shared;
import wurstchen.onnx.internal.cuda.CudaCalls;
import wurstchen.onnx.internal.operators.DeviceOperators;

/**
 * Memory of the C API: tensors come from an allocator, and graphs are bound to them. CPU and GPU differ in the allocator and in how values
 * are copied.
 */
final class NativeMemory extends DeviceMemory {
    /** OrtMemoryInfoDeviceType_CPU of onnxruntime_c_api.h. */
    private static final int HOST_DEVICE = 0;

    /** Values per task of a parallel copy. One thread copies a few GB per second, which is slow for pixels: 1 MiB is worth a task. */
    private static final int VALUES_A_TASK = 1 << 18;

    /** The same, in bytes. */
    private static final int BYTES_A_TASK = Float.BYTES * VALUES_A_TASK;

    private final NativePlace place;

    /** Takes ownership of the place. */
    NativeMemory(NativePlace place) {
        this.place = place;
    }

    @Override
    public Tensor allocate(ElementType type, long... shape) throws OrtException {
        return allocate(place.allocator(), place.isHost(), type, shape);
    }

    private NativeTensor allocate(long allocator, boolean onHost, ElementType type, long... shape) throws OrtException {
        // Keeps the allocator from being freed by another thread meanwhile.
        retain();
        try {
            long[] value = new long[1];
            CudaCalls.share(() ->
                    OrtStatus.check(OrtTable.CreateTensorAsOrtValue(allocator, shape, shape.length, type.code(), value)));
            return new NativeTensor(this, type, shape, value[0], onHost);
        } finally {
            release();
        }
    }

    /**
     * Allocates a flat tensor for values on their way between CPU and device. It is registered as host memory, because ONNX Runtime would
     * treat pinned memory as device memory and skip the copy.
     */
    private NativeTensor staging(ElementType type, long values) throws OrtException {
        Viewed viewed = new Viewed(pinned(type, values));
        try {
            return bits(viewed, place.hostMemoryInfo(), viewed.tensor.data(), viewed.tensor.bytes(), true);
        } finally {
            viewed.release();
        }
    }

    private NativeTensor pinned(ElementType type, long values) throws OrtException {
        try {
            return allocate(place.stagingAllocator(), true, type, values);
        } catch (OrtException e) {
            // Pinned memory can run out: fall back to pageable memory.
            return allocate(place.hostAllocator(), true, type, values);
        }
    }

    /** Keeps a tensor open as long as a view of it. */
    private static final class Viewed extends Shared {
        private final NativeTensor tensor;

        Viewed(NativeTensor tensor) {
            this.tensor = tensor;
        }

        @Override
        public void free() {
            tensor.close();
        }
    }

    @Override
    public void write(Tensor to, long first, float[] values, int from, int count) throws OrtException {
        if (place.isHost()) {
            ((NativeTensor) to).pointer().write(first * Float.BYTES, values, from, count);
            return;
        }
        place.execute(() -> {
            try (NativeTensor staging = staging(to.type(), count);
                    NativeTensor part = part(to, first, count)) {
                staging.pointer().write(0, values, from, count);
                place.copy(staging, part);
            }
        });
    }

    @Override
    public void write(Tensor to, long[] values) throws OrtException {
        if (place.isHost()) {
            ((NativeTensor) to).pointer().write(0, values, 0, values.length);
            return;
        }
        place.execute(() -> {
            try (NativeTensor staging = staging(to.type(), values.length);
                    NativeTensor part = part(to, 0, values.length)) {
                staging.pointer().write(0, values, 0, values.length);
                place.copy(staging, part);
            }
        });
    }

    @Override
    public float[] readFloats(Tensor from) throws OrtException {
        float[] values = new float[Math.toIntExact(from.values())];
        try (NativeTensor staging = onHost(from, 0, from.values())) {
            Pointer source = staging.pointer();
            Range.shared(values.length, VALUES_A_TASK)
                    .forEach(range -> source.read((long) Float.BYTES * range.from(), values, range.from(), range.count()));
        }
        return values;
    }

    @Override
    public long[] readLongs(Tensor from) throws OrtException {
        long[] values = new long[Math.toIntExact(from.values())];
        try (NativeTensor staging = onHost(from, 0, from.values())) {
            staging.pointer().read(0, values, 0, values.length);
        }
        return values;
    }

    @Override
    public byte[] readBytes(Tensor from, long first, int count) throws OrtException {
        byte[] values = new byte[count];
        try (NativeTensor staging = onHost(from, first, count)) {
            Pointer source = staging.pointer();
            Range.shared(count, BYTES_A_TASK).forEach(range -> source.read(range.from(), values, range.from(), range.count()));
        }
        return values;
    }

    /** Returns values in memory that the CPU can read: the tensor's own if it is there already. */
    private NativeTensor onHost(Tensor from, long first, long count) throws OrtException {
        NativeTensor part = part(from, first, count);
        if (place.isHost()) {
            return part;
        }
        NativeTensor[] copy = new NativeTensor[1];
        try (part) {
            place.execute(() -> {
                copy[0] = staging(from.type(), count);
                place.copy(part, copy[0]);
            });
        } catch (OrtException | RuntimeException e) {
            if (copy[0] != null) {
                copy[0].close();
            }
            throw e;
        }
        return copy[0];
    }

    @Override
    public void copy(Tensor from, long first, Tensor to, long toFirst, long count) throws OrtException {
        try (NativeTensor source = part(from, first, count);
                NativeTensor destination = part(to, toFirst, count)) {
            place.execute(() -> place.copy(source, destination));
        }
    }

    /** Returns a flat view of the bits of some values of a tensor, which must stay open; their bytes are a multiple of 4. */
    private NativeTensor part(Tensor tensor, long first, long count) throws OrtException {
        long data = ((NativeTensor) tensor).data() + first * tensor.type().bytes();
        return bits(this, place.memoryInfo(), data, count * tensor.type().bytes(), place.isHost());
    }

    /**
     * Returns the bits at an address as a flat float32 tensor, whatever their type, so that one graph copies all types.
     *
     * @param memory keeps them alive
     * @param memoryInfo describes where they are
     */
    private static NativeTensor bits(Shared memory, long memoryInfo, long data, long bytes, boolean onHost) throws OrtException {
        ElementType type = ElementType.FLOAT32;
        long[] shape = {bytes / type.bytes()};
        long[] value = new long[1];
        OrtStatus.check(
                OrtTable.CreateTensorWithDataAsOrtValue(memoryInfo, data, bytes, shape, 1, type.code(), value));
        return new NativeTensor(memory, type, shape, value[0], onHost);
    }

    @Override
    public OrtSession openSession(byte[] model, SessionOptions options) throws OrtException {
        OrtSession[] opened = new OrtSession[1];
        place.execute(() -> opened[0] = OrtEnvironment.getEnvironment().createSession(model, options));
        return opened[0];
    }

    @Override
    public Optional<DeviceWeights> readWeights(Path folder, List<ExternalTensor> tensors) throws IOException, OrtException {
        Optional<WeightMemory> memory = place.weightMemory();
        return memory.isEmpty() ? Optional.empty() : DeviceWeights.read(memory.get(), place.memoryInfo(), folder, tensors);
    }

    @Override
    public boolean isHost() {
        return place.isHost();
    }

    @Override
    public OptionalLong stream() {
        return place.stream();
    }

    @Override
    public PreparedRun prepare(OrtSession session, RunPlan plan) throws OrtException {
        return new NativeBinding(this, place, session, plan);
    }

    @Override
    public ImmutableSet<String> hostInputs(OrtSession session) throws OrtException {
        if (place.isHost()) {
            return ImmutableSet.of();
        }
        ImmutableList<String> names = ImmutableList.copyOf(session.getInputNames());
        long[] infos = new long[names.size()];
        OrtStatus.check(OrtTable.SessionGetMemoryInfoForInputs(OrtHandles.session(session), infos, infos.length));
        ImmutableSet.Builder<String> onHost = ImmutableSet.builder();
        for (int i = 0; i < infos.length; i++) {
            int[] type = {-1};
            OrtTable.MemoryInfoGetDeviceType(infos[i], type);
            if (type[0] == HOST_DEVICE) {
                onHost.add(names.get(i));
            }
        }
        return onHost.build();
    }

    @Override
    public Optional<DeviceOperators> operators() {
        return place.operators();
    }

    @Override
    public String description() {
        return place.description();
    }

    @Override
    public void free() {
        JvmExit.close(() -> CudaCalls.share(place::close));
    }
}
