package wurstchen.onnx.internal.graph;

import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession.SessionOptions;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Whether ONNX Runtime optimises a graph when it opens it.
 *
 * @param done whether the graph is optimised already
 * @param target where to write the optimised graph; empty if nowhere
 */
record Optimization(boolean done, Optional<Path> target) {
    /** Optimises the graph. */
    static final Optimization ONLY = new Optimization(false, Optional.empty());

    /** The graph was written by an earlier session. */
    static final Optimization DONE = new Optimization(true, Optional.empty());

    /** Optimises the graph, and writes the result and, in a file beside it, its weights. */
    static Optimization writtenTo(Path file) {
        return new Optimization(false, Optional.of(file));
    }

    void configure(SessionOptions options) throws OrtException {
        if (done) {
            options.setOptimizationLevel(SessionOptions.OptLevel.NO_OPT);
        }
        if (target.isPresent()) {
            options.setOptimizedModelFilePath(target.get().toString());
            options.addConfigEntry("session.optimized_model_external_initializers_file_name", target.get().getFileName() + ".data");
        }
    }
}
