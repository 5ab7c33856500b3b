package wurstchen.onnx;

import static com.google.common.base.Preconditions.checkNotNull;
import static com.google.common.base.Preconditions.checkState;

import com.google.common.collect.ImmutableMap;
import java.nio.file.Path;
import java.util.List;
import wurstchen.Wurstchen;
import wurstchen.onnx.internal.bundle.VerifiedBundle;
import wurstchen.onnx.internal.cascade.CascadeContract;
import wurstchen.onnx.internal.cascade.OnDemandStages;
import wurstchen.onnx.internal.cascade.OnnxStageA;
import wurstchen.onnx.internal.cascade.OnnxStageB;
import wurstchen.onnx.internal.cascade.OnnxStageC;
import wurstchen.onnx.internal.cascade.OnnxTextEncoder;
import wurstchen.onnx.internal.cascade.OpenOnDemand;
import wurstchen.onnx.internal.common.Closing;
import wurstchen.onnx.internal.common.Requirements;
import wurstchen.onnx.internal.graph.BoundSession;
import wurstchen.onnx.internal.graph.GraphSessions;
import wurstchen.onnx.internal.graph.OnnxEngine;

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
     * @throws wurstchen.WurstchenException if the program lacks a jar, or the Java runtime a module, that this library needs
     */
    public static Builder builder() {
        Requirements.check();
        return new Builder();
    }

    /** Says which model to open and where to run it. */
    public static final class Builder {
        private Path folder;
        private ModelBundle bundle;
        private Device device = Device.cpu();
        private boolean lowMemory;

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
         * Sets whether each part of the model is opened when it is its turn and closed before the next one, for every batch of pictures
         * anew; false if not set. The memory needed is then that of the largest part (Stage B or C) instead of the sum, and each batch
         * takes as much longer as opening the model takes.
         *
         * @param value whether
         * @return this
         */
        public Builder lowMemory(boolean value) {
            lowMemory = value;
            return this;
        }

        /**
         * Verifies the model (if it is a folder), opens all of its graphs (in low-memory mode: none yet), and checks each against the
         * manifest.
         *
         * @return the pipeline; close it to free the graphs
         * @throws IllegalStateException if no model is set
         * @throws ModelBundleException if the model is not a whole, unaltered bundle, or a graph is not what the manifest says
         * @throws wurstchen.WurstchenException if ONNX Runtime cannot open a graph
         */
        public Wurstchen open() {
            checkState(folder != null || bundle != null, "no model: call model(folder) or model(bundle) before open()");
            if (bundle != null) {
                return open(bundle.verified(), () -> {});
            }
            ModelBundle opened = ModelBundle.open(folder);
            try {
                return open(opened.verified(), opened);
            } catch (RuntimeException e) {
                Closing.afterFailure(e, List.of(opened));
                throw e;
            }
        }

        private Wurstchen open(VerifiedBundle model, AutoCloseable owned) {
            Manifest manifest = model.manifest();
            CascadeContract.check(manifest);
            Wurstchen.Builder parts = Wurstchen.builder()
                    .geometry(manifest.geometry())
                    .defaults(manifest.defaults())
                    .schedules(manifest.schedules().stageC(), manifest.schedules().stageB())
                    .tokenizers(
                            model.tokenizer(manifest.tokenizers().stageC()), model.tokenizer(manifest.tokenizers().stageB()));
            OnnxEngine engine = OnnxEngine.open(device.provider());
            try {
                if (lowMemory) {
                    setOnDemand(parts, model, engine);
                } else {
                    setOpen(parts, model, engine);
                }
            } catch (RuntimeException e) {
                engine.release();
                throw e;
            }
            return parts.engine(engine).owning(owned).owning(engine::release).build();
        }
    }

    private static void setOpen(Wurstchen.Builder parts, VerifiedBundle model, OnnxEngine engine) {
        ImmutableMap<String, BoundSession> sessions = GraphSessions.open(model, engine, CascadeContract.REQUIRED_GRAPHS);
        parts.textEncoders(
                        new OnnxTextEncoder(sessions.get(GraphSpec.TEXT_ENCODER_C)),
                        new OnnxTextEncoder(sessions.get(GraphSpec.TEXT_ENCODER_B)))
                .stages(new OnnxStageC(sessions), new OnnxStageB(sessions), new OnnxStageA(model.manifest(), sessions));
    }

    private static void setOnDemand(Wurstchen.Builder parts, VerifiedBundle model, OnnxEngine engine) {
        parts.textEncoders(
                        encoderOnDemand(model, engine, GraphSpec.TEXT_ENCODER_C),
                        encoderOnDemand(model, engine, GraphSpec.TEXT_ENCODER_B))
                .stages(
                        new OnDemandStages.C(new OpenOnDemand<>("Stage C", () -> OnnxStageC.open(model, engine))),
                        new OnDemandStages.B(new OpenOnDemand<>("Stage B", () -> OnnxStageB.open(model, engine))),
                        new OnDemandStages.A(new OpenOnDemand<>("Stage A", () -> OnnxStageA.open(model, engine))));
    }

    private static OnDemandStages.Encoder encoderOnDemand(VerifiedBundle model, OnnxEngine engine, String graph) {
        return new OnDemandStages.Encoder(new OpenOnDemand<>(graph, () -> OnnxTextEncoder.open(model, engine, graph)));
    }
}
