package wurstchen.onnx.internal.bundle;

import com.google.common.collect.ImmutableList;
import java.nio.file.Path;
import java.util.Optional;
import wurstchen.onnx.internal.common.ExternalTensor;

/** A graph, ready to be opened by ONNX Runtime. */
public interface GraphFile {
    /** Returns the checked bytes of the file; not to be changed. */
    byte[] model();

    /** Returns the folder on disk that holds the external data; empty if {@link #readWeights} has to read it. */
    Optional<Path> folder();

    /**
     * Returns the weights that lie outside of the graph.
     *
     * @throws wurstchen.onnx.ModelBundleException if not all of them can be passed to ONNX Runtime from memory
     */
    ImmutableList<ExternalTensor> external();

    /**
     * Reads the weights that lie outside of the graph, and compares their files with the manifest.
     *
     * @throws wurstchen.onnx.ModelBundleException if a file differs, or not all weights can be passed to ONNX Runtime from memory
     */
    ImmutableList<WeightBytes> readWeights();

    /** Returns whether it is certain that the files of the external data were not written since they were verified. */
    boolean isUnchanged();
}
