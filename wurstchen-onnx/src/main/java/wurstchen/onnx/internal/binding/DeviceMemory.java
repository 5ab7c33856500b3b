package wurstchen.onnx.internal.binding;

import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.OrtSession.SessionOptions;
import com.google.common.collect.ImmutableSet;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import wurstchen.onnx.internal.common.ExternalTensor;
import wurstchen.onnx.internal.common.Shared;
import wurstchen.onnx.internal.operators.DeviceOperators;

/**
 * The memory of a device: allocates tensors, copies values between them and Java, and binds them to graphs. All models that are open on a
 * device share one, so that a stage can read another's tensors without a copy. Thread-safe; freed after its last user.
 */
public abstract class DeviceMemory extends Shared {
    /** Allocates an uninitialized tensor. */
    public abstract Tensor allocate(ElementType type, long... shape) throws OrtException;

    /** Writes {@code count} values of an array, starting at {@code from}, to the tensor, starting at value {@code first}. */
    public abstract void write(Tensor to, long first, float[] values, int from, int count) throws OrtException;

    /** Writes an array to the beginning of a tensor. */
    public abstract void write(Tensor to, long[] values) throws OrtException;

    /** Copies all values of a float32 tensor to Java. */
    public abstract float[] readFloats(Tensor from) throws OrtException;

    /** Copies all values of an int64 tensor to Java. */
    public abstract long[] readLongs(Tensor from) throws OrtException;

    /** Copies some values of a uint8 tensor to Java; {@code first} and {@code count} are multiples of 4, because 32 bits are copied at a time. */
    public abstract byte[] readBytes(Tensor from, long first, int count) throws OrtException;

    /** Copies values from tensor to tensor on the device. */
    public abstract void copy(Tensor from, long first, Tensor to, long toFirst, long count) throws OrtException;

    /**
     * Opens a session on the thread that the device requires.
     *
     * @param options configured by {@link ExecutionProvider#configure} with this {@link #stream}
     * @return owned by the caller
     */
    public abstract OrtSession openSession(byte[] model, SessionOptions options) throws OrtException;

    /**
     * Reads the large weights of a graph into this memory, for a session that will be opened.
     *
     * @param folder the folder that the tensors' locations are relative to
     * @return owned by the caller, who closes them after the session; empty if ONNX Runtime is to read them itself
     * @throws IOException if a file cannot be read
     */
    public Optional<DeviceWeights> readWeights(Path folder, List<ExternalTensor> tensors) throws IOException, OrtException {
        return Optional.empty();
    }

    /** Returns whether this is the CPU's memory. */
    public abstract boolean isHost();

    /** Returns the address of the stream that sessions use; empty if each creates its own. */
    public abstract OptionalLong stream();

    /** Returns this library's operators for sessions on the stream; empty for the CPU, which has none. */
    public abstract Optional<DeviceOperators> operators();

    /**
     * Prepares a run of a graph.
     *
     * @param session stays open as long as the run
     */
    public abstract PreparedRun prepare(OrtSession session, RunPlan plan) throws OrtException;

    /** Returns the inputs that a graph reads on the CPU although it runs on a device, such as shapes; empty if the device is the CPU. */
    public abstract ImmutableSet<String> hostInputs(OrtSession session) throws OrtException;

    /** Returns how tensors are passed to graphs, for reports. */
    public abstract String description();
}
