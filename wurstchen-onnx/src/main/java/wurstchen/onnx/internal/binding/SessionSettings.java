package wurstchen.onnx.internal.binding;

import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtLoggingLevel;
import ai.onnxruntime.OrtSession.SessionOptions;
import java.nio.file.Path;
import java.util.Optional;

/** What every session of this library is opened with. */
public final class SessionSettings {
    private SessionSettings() {}

    /** Settings of a graph that this library wrote itself. The caller closes them. */
    public static SessionOptions quiet() throws OrtException {
        SessionOptions options = new SessionOptions();
        // What ONNX Runtime has to say of an error is in the exception; a library prints nothing.
        options.setSessionLogLevel(OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL);
        // The bytes were checked as ONNX, so they are not to be read as anything else.
        options.addConfigEntry("session.load_model_format", "ONNX");
        return options;
    }

    /**
     * Settings of a bundle's graph. The caller closes them.
     *
     * @param weights the folder of its external data; empty if that is given otherwise
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
     * Lets a device record runs and replay them.
     *
     * <p>The exporter writes steps without {@code ListingOperators}; this keeps ONNX Runtime from making a Split of their slices. Besides, the
     * memory pattern of the first run would become one block at the second, and nothing can be allocated while that is recorded.
     */
    public static void letRunsBeReplayed(SessionOptions options) throws OrtException {
        options.addConfigEntry("optimization.disable_specified_optimizers", "GatherSliceToSplitFusion");
        options.setMemoryPatternOptimization(false);
    }
}
