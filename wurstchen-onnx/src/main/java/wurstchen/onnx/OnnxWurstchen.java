package wurstchen.onnx;

import static com.google.common.base.Preconditions.checkNotNull;
import static com.google.common.base.Preconditions.checkState;

import com.google.common.collect.ImmutableMap;
import java.nio.file.Path;
import java.util.List;
import wurstchen.Wurstchen;
import wurstchen.text.ClipTokenizer;

/**
 * Opens an exported model as a {@link Wurstchen}.
 *
 * <pre>{@code
 * try (Wurstchen wurstchen = OnnxWurstchen.builder().model(Path.of("model")).open()) {
 *     wurstchen.generate("a red apple").picture().writePng(Path.of("apple.png"));
 * }
 * }</pre>
 */
public final class OnnxWurstchen {
    private OnnxWurstchen() {}

    /**
     * Starts with the CPU and no model.
     *
     * @return a builder
     */
    public static Builder builder() {
        return new Builder();
    }

    /** Says which model to open and where to run it. */
    public static final class Builder {
        private Path folder;
        private ModelBundle bundle;
        private Device device = Device.cpu();

        private Builder() {}

        /**
         * Sets the model to a bundle's folder. The pipeline opens it when {@link #open} is called and closes it with itself. Replaces a
         * model that was set before.
         *
         * @param value the folder that holds {@code model.json}
         * @return this
         */
        public Builder model(Path value) {
            folder = checkNotNull(value, "model folder");
            bundle = null;
            return this;
        }

        /**
         * Sets the model to an open bundle, which the caller keeps open as long as the pipeline and closes afterwards. Replaces a model
         * that was set before.
         *
         * @param value the bundle
         * @return this
         */
        public Builder model(ModelBundle value) {
            bundle = checkNotNull(value, "model bundle");
            folder = null;
            return this;
        }

        /**
         * Sets where to run; {@link Device#cpu()} if not set.
         *
         * @param value the device
         * @return this
         */
        public Builder device(Device value) {
            device = checkNotNull(value, "device");
            return this;
        }

        /**
         * Verifies the model (if it is a folder), opens all of its graphs, and checks each against the manifest.
         *
         * @return the pipeline; close it to free the graphs
         * @throws IllegalStateException if no model is set
         * @throws ModelBundleException if the model is not a whole, unaltered bundle, or a graph is not what the manifest says
         * @throws wurstchen.WurstchenException if ONNX Runtime cannot open a graph
         */
        public Wurstchen open() {
            checkState(folder != null || bundle != null, "no model: call model(folder) or model(bundle) before open()");
            if (bundle != null) {
                return assemble(bundle, device, () -> {});
            }
            ModelBundle opened = ModelBundle.open(folder);
            try {
                return assemble(opened, device, opened);
            } catch (RuntimeException e) {
                Closing.afterFailure(e, List.of(opened));
                throw e;
            }
        }
    }

    private static Wurstchen assemble(ModelBundle bundle, Device device, AutoCloseable owned) {
        Manifest manifest = bundle.manifest();
        ClipTokenizer tokenizerC = bundle.tokenizer(manifest.tokenizers().stageC());
        ClipTokenizer tokenizerB = bundle.tokenizer(manifest.tokenizers().stageB());
        OnnxEngine engine = OnnxEngine.open(device);
        ImmutableMap<String, BoundSession> sessions;
        try {
            sessions = GraphSessions.open(bundle, engine, CascadeContract.REQUIRED_GRAPHS);
        } catch (RuntimeException e) {
            engine.release();
            throw e;
        }
        return Wurstchen.builder()
                .geometry(manifest.geometry())
                .defaults(manifest.defaults())
                .schedules(manifest.schedules().stageC(), manifest.schedules().stageB())
                .tokenizers(tokenizerC, tokenizerB)
                .textEncoders(
                        new OnnxTextEncoder(sessions.get(GraphSpec.TEXT_ENCODER_C)),
                        new OnnxTextEncoder(sessions.get(GraphSpec.TEXT_ENCODER_B)))
                .stages(new OnnxStageC(sessions), new OnnxStageB(sessions), new OnnxStageA(manifest, sessions))
                .engine(engine)
                .owning(owned)
                .owning(engine::release)
                .build();
    }
}
