package wurstchen.onnx.internal.binding;

import ai.onnxruntime.OrtException;
import java.util.Optional;
import java.util.OptionalLong;
import wurstchen.onnx.internal.common.OrtWork;
import wurstchen.onnx.internal.cuda.StreamRecorder;
import wurstchen.onnx.internal.operators.DeviceOperators;

/** A place for tensors of the C API: host memory or GPU memory. Thread-safe. */
interface NativePlace extends AutoCloseable {
    /** Returns the address of the OrtMemoryInfo of this place. */
    long memoryInfo();

    /** Returns the address of the OrtMemoryInfo of memory that the CPU can access. */
    long hostMemoryInfo();

    /** Returns the address of an OrtAllocator for tensors in this place. */
    long allocator();

    /** Returns the address of an OrtAllocator for tensors that the CPU can access. */
    long hostAllocator();

    /**
     * Returns the address of an OrtAllocator for staging tensors between CPU and this place, which the CPU can access. Allocate from it
     * within {@link #execute} only.
     */
    long stagingAllocator();

    /** Returns whether the CPU can access tensors in this place by address. */
    boolean isHost();

    /**
     * Copies the bits of all values of a flat float32 tensor into another of the same length. Call within {@link #execute} only.
     *
     * @param from in this place or on the host
     * @param to in this place or on the host
     */
    void copy(NativeTensor from, NativeTensor to) throws OrtException;

    /** Does work on the thread that the device requires; throws what the work throws. */
    void execute(OrtWork work) throws OrtException;

    /** Returns the address of the stream that sessions use; empty if each creates its own. */
    OptionalLong stream();

    /** Returns what records runs of sessions on {@link #stream}; empty if runs cannot be recorded. */
    Optional<StreamRecorder> recorder();

    /** Returns this library's operators for sessions on {@link #stream}; empty for the CPU, which has none. */
    Optional<DeviceOperators> operators();

    /** Returns memory for weights that are read before a graph is opened; empty if ONNX Runtime is to read them itself. */
    Optional<WeightMemory> weightMemory();

    /** Returns how tensors are passed to graphs, for reports. */
    String description();

    /** Frees the place. No tensor in it may be open. */
    @Override
    void close();
}
