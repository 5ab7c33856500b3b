package wurstchen.onnx.internal.binding;

import ai.onnxruntime.OrtException;
import java.util.Optional;
import java.util.OptionalLong;
import wurstchen.onnx.internal.common.OrtWork;
import wurstchen.onnx.internal.operators.DeviceOperators;

/** Where tensors of the C API lie: the host's memory or a GPU's. Thread-safe. */
interface NativePlace extends AutoCloseable {
    /** The address of the OrtMemoryInfo that stands for this place. */
    long memoryInfo();

    /** The address of the OrtMemoryInfo that stands for memory that the CPU reads and writes. */
    long hostMemoryInfo();

    /** The address of an OrtAllocator for tensors here. */
    long allocator();

    /** The address of an OrtAllocator for tensors that the CPU reads and writes. */
    long hostAllocator();

    /**
     * The address of an OrtAllocator for tensors that values pass on their way between the CPU and here; the CPU reads and writes them. To
     * be taken from as work of {@link #execute}.
     */
    long stagingAllocator();

    /** Whether the CPU reads and writes tensors here by their addresses. */
    boolean isHost();

    /**
     * Copies the bits of all values of a flat float32 tensor into another of the same length. To be called as work of {@link #execute}.
     *
     * @param from here or on the host
     * @param to here or on the host
     */
    void copy(NativeTensor from, NativeTensor to) throws OrtException;

    /** Does work of the device on the thread that the device wants it on; throws what the work throws. */
    void execute(OrtWork work) throws OrtException;

    /** The address of the stream on which graphs here queue their work; empty if each makes what it needs. */
    OptionalLong stream();

    /** The operators of this library for graphs on {@link #stream}; empty if the device is the CPU, which has none. */
    Optional<DeviceOperators> operators();

    /** Where weights can be put before a graph is opened; empty if ONNX Runtime is to read them itself. */
    Optional<WeightMemory> weightMemory();

    /** How tensors here reach a graph, for reports. */
    String description();

    /** Frees what this holds; nothing that lies here may be open. */
    @Override
    void close();
}
