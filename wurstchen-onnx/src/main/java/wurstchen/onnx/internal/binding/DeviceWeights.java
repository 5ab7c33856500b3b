package wurstchen.onnx.internal.binding;

import static java.util.Objects.requireNonNull;

import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession.SessionOptions;
import com.google.common.collect.ImmutableMap;
import com.google.common.math.LongMath;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import wurstchen.onnx.internal.capi.OrtHandles;
import wurstchen.onnx.internal.capi.OrtStatus;
import wurstchen.onnx.internal.capi.OrtTable;
import wurstchen.onnx.internal.common.ExternalTensor;
import wurstchen.onnx.internal.common.FilePart;

/**
 * The large weights of one graph, read from their files into one block of device memory before ONNX Runtime opens the graph, which then
 * uses them in place. ONNX Runtime itself would copy each from a mapped file through pageable memory, one after the other, into its arena.
 *
 * <p>Small weights and those of other types are left to ONNX Runtime. So are weights from which it computes others while it opens the
 * graph: it reads those from the file. Must be closed after the session.
 */
public final class DeviceWeights implements AutoCloseable {
    /** Smaller weights are not worth an OrtValue of their own. */
    private static final long LEAST_BYTES = 4 << 10;

    /** Alignment of weights: that of CUDA's allocations. */
    private static final long ALIGNMENT = 256;

    /** Bytes of a value by element type: FLOAT, INT8, INT64, FLOAT16. */
    private static final ImmutableMap<Integer, Integer> SIZES = ImmutableMap.of(1, 4, 3, 1, 7, 8, 10, 2);

    private final WeightMemory memory;
    private final long address;
    private final Map<String, Long> values;

    private DeviceWeights(WeightMemory memory, long address, Map<String, Long> values) {
        this.memory = memory;
        this.address = address;
        this.values = values;
    }

    /**
     * Reads weights.
     *
     * @param memoryInfo address of the OrtMemoryInfo of the memory
     * @param folder the folder that the tensors' locations are relative to
     * @return empty if there is nothing to read, or too little memory; ONNX Runtime then reads them, or reports what is missing
     * @throws IOException if a file cannot be read
     */
    static Optional<DeviceWeights> read(WeightMemory memory, long memoryInfo, Path folder, List<ExternalTensor> tensors)
            throws IOException, OrtException {
        List<ExternalTensor> large = tensors.stream().filter(DeviceWeights::isLarge).toList();
        long bytes = large.stream().mapToLong(tensor -> aligned(tensor.bytes())).reduce(0, LongMath::saturatedAdd);
        OptionalLong address = large.isEmpty() ? OptionalLong.empty() : memory.allocate(bytes);
        if (address.isEmpty()) {
            return Optional.empty();
        }
        DeviceWeights weights = new DeviceWeights(memory, address.getAsLong(), new LinkedHashMap<>());
        try {
            weights.read(memoryInfo, folder, large);
            return Optional.of(weights);
        } catch (IOException | OrtException | RuntimeException e) {
            weights.close();
            throw e;
        }
    }

    private static boolean isLarge(ExternalTensor tensor) {
        Integer size = SIZES.get(tensor.elementType());
        long count = tensor.shape().stream().reduce(1, LongMath::saturatedMultiply);
        return size != null && tensor.bytes() >= LEAST_BYTES && tensor.bytes() == LongMath.saturatedMultiply(count, size);
    }

    private static long aligned(long bytes) {
        return LongMath.saturatedAdd(bytes, ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    }

    private void read(long memoryInfo, Path folder, List<ExternalTensor> tensors) throws IOException, OrtException {
        Map<String, FileChannel> files = new HashMap<>();
        try {
            for (String location : tensors.stream().map(ExternalTensor::location).distinct().toList()) {
                files.put(location, FileChannel.open(folder.resolve(location)));
            }
            List<FilePart> parts = new ArrayList<>();
            long at = address;
            for (ExternalTensor tensor : tensors) {
                parts.add(new FilePart(requireNonNull(files.get(tensor.location())), tensor.offset(), tensor.bytes(), at));
                values.put(tensor.name(), value(memoryInfo, tensor, at));
                at += aligned(tensor.bytes());
            }
            memory.read(parts);
        } finally {
            for (FileChannel file : files.values()) {
                file.close();
            }
        }
    }

    private static long value(long memoryInfo, ExternalTensor tensor, long at) throws OrtException {
        long[] shape = tensor.shape().toArray();
        long[] value = new long[1];
        OrtStatus.check(OrtTable.CreateTensorWithDataAsOrtValue(
                memoryInfo, at, tensor.bytes(), shape, shape.length, tensor.elementType(), value));
        return value[0];
    }

    /** Adds the weights to the options of a session. */
    public void addTo(SessionOptions options) throws OrtException {
        for (Map.Entry<String, Long> value : values.entrySet()) {
            OrtStatus.check(OrtTable.AddInitializer(OrtHandles.sessionOptions(options), value.getKey(), value.getValue()));
        }
    }

    @Override
    public void close() {
        values.values().forEach(OrtTable::ReleaseValue);
        memory.free(address);
    }
}
