package wurstchen.onnx.internal.binding;

import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession.SessionOptions;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * An execution provider of ONNX Runtime with its options: what {@code wurstchen.onnx.Device} is for users. Immutable. {@code toString} gives
 * the name and the options, as reports and messages show them.
 */
public interface ExecutionProvider {
    /** Returns the name, {@code cpu} or {@code cuda:N}. */
    String name();

    /**
     * Makes a session run on this provider.
     *
     * @param stream of the {@linkplain DeviceMemory#stream memory} that the session works with
     */
    void configure(SessionOptions options, GraphUse use, OptionalLong stream) throws OrtException;

    /**
     * Returns the best use to try for a graph.
     *
     * @param repeated whether the graph is run many times with the same tensors
     */
    GraphUse bestUse(boolean repeated);

    /**
     * Returns what to try after a use that failed.
     *
     * @return empty if trying less would not help
     */
    Optional<GraphUse> lessThan(GraphUse use, OrtException failure);

    /** Returns what to do about a run that failed with a message of ONNX Runtime: {@code "; ..."}, or empty if there is nothing to say. */
    String remedy(String failure);

    /** Opens the memory in which this provider computes. */
    DeviceMemory openMemory();

    /** Returns the key of the memory: providers of equal keys share one. */
    Object memoryKey();
}
