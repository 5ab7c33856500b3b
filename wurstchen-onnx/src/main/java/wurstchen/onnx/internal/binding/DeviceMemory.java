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
 * The memory in which a device computes: makes tensors, moves values between them and Java, and binds them to graphs. Every model that is
 * open on a device shares one, so that a stage takes the tensors of another as they are. Thread-safe; freed when nobody uses it any more.
 */
public abstract class DeviceMemory extends Shared {
    /** Makes a tensor of arbitrary values. */
    public abstract Tensor allocate(ElementType type, long... shape) throws OrtException;

    /** Writes {@code count} values of an array from {@code from} on, to the tensor's values from {@code first} on. */
    public abstract void write(Tensor to, long first, float[] values, int from, int count) throws OrtException;

    /** Writes an array to the tensor's first values. */
    public abstract void write(Tensor to, long[] values) throws OrtException;

    /** Copies all values of a float32 tensor to Java. */
    public abstract float[] readFloats(Tensor from) throws OrtException;

    /** Copies all values of an int64 tensor to Java. */
    public abstract long[] readLongs(Tensor from) throws OrtException;

    /** Copies values from tensor to tensor; they never leave the device. */
    public abstract void copy(Tensor from, long first, Tensor to, long toFirst, long count) throws OrtException;

    /**
     * Opens a graph on the thread that the device wants it on.
     *
     * @param options as {@link ExecutionProvider#configure} made them with this {@link #stream}
     * @return owned by the caller
     */
    public abstract OrtSession openSession(byte[] model, SessionOptions options) throws OrtException;

    /**
     * Reads the large weights of a graph into this memory, for a session that is to be opened.
     *
     * @param folder what the tensors' locations are relative to
     * @return owned by the caller, who closes them after the session; empty if ONNX Runtime is to read them itself
     * @throws IOException if a file cannot be read
     */
    public Optional<DeviceWeights> readWeights(Path folder, List<ExternalTensor> tensors) throws IOException, OrtException {
        return Optional.empty();
    }

    /** The address of the stream that graphs queue their work on; empty if each makes what it needs. */
    public abstract OptionalLong stream();

    /** The operators of this library that graphs on the stream may use; empty if the device is the CPU, which has none. */
    public abstract Optional<DeviceOperators> operators();

    /**
     * Prepares a run of a graph.
     *
     * @param session the graph, which the caller keeps open for as long as the run
     */
    public abstract PreparedRun prepare(OrtSession session, RunPlan plan) throws OrtException;

    /** The inputs that a graph reads on the CPU although it computes on a device, such as shapes; empty if the CPU is the device. */
    public abstract ImmutableSet<String> hostInputs(OrtSession session) throws OrtException;

    /** How the tensors reach a graph, for reports. */
    public abstract String description();
}
