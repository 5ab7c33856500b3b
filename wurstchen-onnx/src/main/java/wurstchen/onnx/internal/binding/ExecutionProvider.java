package wurstchen.onnx.internal.binding;

import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession.SessionOptions;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * An execution provider of ONNX Runtime with its options: the implementation of {@code wurstchen.onnx.Device}. Immutable. {@code toString}
 * returns the name and the options, as reports and messages show them.
 */
public interface ExecutionProvider {
    /** Returns the name, {@code cpu} or {@code cuda:N}. */
    String name();

    /**
     * Configures a session to run on this provider.
     *
     * @param stream the {@linkplain DeviceMemory#stream stream} of the memory that the session uses
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

    /** Returns the remedy for a failed run: {@code "; ..."}, or empty if none is known. */
    String remedy(String failure);

    /**
     * Returns everything, besides the graph, that the optimised form of a graph for this provider depends on: equal texts for equal forms.
     *
     * @return empty if that is not known, or optimised graphs are not to be kept
     */
    Optional<String> graphForm();

    /** Opens the memory of this provider. */
    DeviceMemory openMemory();

    /** Returns the key of the memory. Providers with equal keys share one. */
    Object memoryKey();
}
