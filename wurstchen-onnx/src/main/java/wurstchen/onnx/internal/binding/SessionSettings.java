package wurstchen.onnx.internal.binding;

import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtLoggingLevel;
import ai.onnxruntime.OrtSession.SessionOptions;
import java.nio.file.Path;
import java.util.Optional;

/** Options that all sessions of this library share. */
public final class SessionSettings {
    /** Part of the key of kept graphs; to be changed when {@link #of} changes what ONNX Runtime makes of a graph. */
    static final String VERSION = "1";

    private SessionSettings() {}

    /** Returns options for a graph that this library wrote itself. The caller closes them. */
    public static SessionOptions quiet() throws OrtException {
        SessionOptions options = new SessionOptions();
        // Errors are in the exception; a library prints nothing.
        options.setSessionLogLevel(OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL);
        // The bytes were checked as ONNX, so they must not be read as another format.
        options.addConfigEntry("session.load_model_format", "ONNX");
        return options;
    }

    /**
     * Returns options for a bundle's graph. The caller closes them.
     *
     * @param weights the folder of its external data; empty if it is passed otherwise
     */
    public static SessionOptions of(Optional<Path> weights) throws OrtException {
        SessionOptions options = quiet();
        options.setOptimizationLevel(SessionOptions.OptLevel.ALL_OPT);
        options.setMemoryPatternOptimization(true);
        if (weights.isPresent()) {
            options.addConfigEntry("session.model_external_initializers_file_folder_path", weights.get().toString());
        }
        return options;
    }

    /**
     * Allows runs to be recorded and replayed.
     *
     * <p>The exporter writes steps without {@code ListingOperators}; the option keeps ONNX Runtime from fusing their slices into a Split.
     * The memory pattern of the first run would be allocated as one block at the second, and a run that is recorded should allocate nothing.
     */
    public static void letRunsBeReplayed(SessionOptions options) throws OrtException {
        options.addConfigEntry("optimization.disable_specified_optimizers", "GatherSliceToSplitFusion");
        options.setMemoryPatternOptimization(false);
    }
}
