package wurstchen.onnx;

import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import java.util.Map;

/**
 * The memory in which a device computes: makes tensors, moves values between them and Java, and binds them to graphs. Every model that is
 * open on a device shares one, so that a stage takes the tensors of another as they are. Thread-safe; freed when nobody uses it any more.
 */
abstract class DeviceMemory extends Shared {
    /** Makes a tensor of arbitrary values. */
    abstract Tensor allocate(ElementType type, long... shape) throws OrtException;

    /** Writes {@code count} values of an array from {@code from} on, to the tensor's values from {@code first} on. */
    abstract void write(Tensor to, long first, float[] values, int from, int count) throws OrtException;

    /** Writes an array to the tensor's first values. */
    abstract void write(Tensor to, long[] values) throws OrtException;

    /** Copies all values of a float32 tensor to Java. */
    abstract float[] readFloats(Tensor from) throws OrtException;

    /** Copies all values of an int64 tensor to Java. */
    abstract long[] readLongs(Tensor from) throws OrtException;

    /** Copies values from tensor to tensor; they never leave the device. */
    abstract void copy(Tensor from, long first, Tensor to, long toFirst, long count) throws OrtException;

    /**
     * Prepares a run of a graph.
     *
     * @param session the graph, which the caller keeps open for as long as the run
     * @param inputs a tensor for each input
     * @param outputs tensors for those outputs whose shapes are known
     * @param allocated the other outputs with their types, for which the graph makes tensors
     * @param replay whether and how the device may record the run to replay it
     */
    abstract PreparedRun prepare(
            OrtSession session,
            Map<String, Tensor> inputs,
            Map<String, Tensor> outputs,
            Map<String, ElementType> allocated,
            Replay replay)
            throws OrtException;

    /** How the tensors reach a graph, for reports. */
    abstract String description();
}
