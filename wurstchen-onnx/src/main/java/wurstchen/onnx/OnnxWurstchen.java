package wurstchen.onnx;

import static com.google.common.base.Preconditions.checkArgument;
import static com.google.common.base.Preconditions.checkNotNull;
import static com.google.common.base.Preconditions.checkState;

import com.google.common.base.Stopwatch;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;
import wurstchen.Wurstchen;
import wurstchen.onnx.internal.bundle.Family;
import wurstchen.onnx.internal.bundle.PreviewProjections;
import wurstchen.onnx.internal.bundle.VerifiedBundle;
import wurstchen.onnx.internal.common.Closing;
import wurstchen.onnx.internal.common.Requirements;
import wurstchen.onnx.internal.graph.OnnxEngine;
import wurstchen.stage.ImageEncoder;
import wurstchen.stage.SemanticCompressor;
import wurstchen.stage.StageA;
import wurstchen.stage.StageB;
import wurstchen.stage.StageC;
import wurstchen.stage.TextEncoder;

/**
 * Opens an exported model as a {@link Wurstchen}.
 *
 * {@snippet class="wurstchen.onnx.snippets.OpenSnippetsTest" region="open"}
 *
 * <p>With what a service sets:
 *
 * {@snippet class="wurstchen.onnx.snippets.OpenSnippetsTest" region="service"}
 */
public final class OnnxWurstchen {
    private static final Logger LOG = System.getLogger("wurstchen");

    private OnnxWurstchen() {}

    /**
     * Returns a builder with the CPU as device and no model.
     *
     * @return a builder
     * @throws wurstchen.WurstchenException if the program lacks a jar, or the Java runtime a module, that this library needs
     */
    public static Builder builder() {
        Requirements.check();
        return new Builder();
    }

    /** Builds a pipeline from a model. */
    public static final class Builder {
        private @Nullable Path folder;
        private @Nullable ModelBundle bundle;
        private Device device = Device.cpu();
        private boolean lowMemory;
        private boolean mapWeights;
        private Optional<Duration> openingTime = Optional.empty();
        private Optional<Executor> executor = Optional.empty();
        private int maxWaitingRequests = Integer.MAX_VALUE;
        private OptionalLong maxMemory = OptionalLong.empty();
        private final PartOpener parts = new PartOpener();

        private Builder() {}

        /**
         * Sets the model to a bundle in a folder. The pipeline opens it in {@link #open} and closes it when it is closed itself. Replaces a
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
         * Sets the model to an open bundle. The caller keeps it open as long as the pipeline and closes it afterwards. Replaces a model
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
         * Sets whether each part of the model is opened when it is needed and closed before the next one, stages anew for every batch of
         * pictures; false if not set. The memory needed is then that of the largest part (Stage B or C) instead of the sum, and each batch
         * takes longer by the time that opening the model takes.
         *
         * @param value whether to save memory
         * @return this
         */
        public Builder lowMemory(boolean value) {
            lowMemory = value;
            return this;
        }

        /**
         * Sets whether ONNX Runtime maps the weights' files on the CPU; false if not set. Mapped weights need not be read before the first
         * request and are shared with other processes, but <b>a file that is truncated or replaced in place while the model is open ends the
         * JVM with SIGBUS</b>, or changes pictures. Only for files that nothing writes to. Has no effect on a GPU.
         *
         * @param value whether to map
         * @return this
         */
        public Builder mapWeights(boolean value) {
            mapWeights = value;
            return this;
        }

        /**
         * Sets the executor of {@link Wurstchen#generateAsync(wurstchen.PictureRequest)}, see {@link Wurstchen.Builder#executor}.
         *
         * @param value not shut down by the pipeline
         * @return this
         */
        public Builder executor(Executor value) {
            executor = Optional.of(value);
            return this;
        }

        /**
         * Limits the number of waiting requests, see {@link Wurstchen.Builder#maxWaitingRequests}; unlimited if not set.
         *
         * @param most at least 0; with 0, no request waits
         * @return this
         * @throws IllegalArgumentException if it is negative
         */
        public Builder maxWaitingRequests(int most) {
            checkArgument(most >= 0, "waiting requests must be at least 0, got %s; 0 lets none wait", most);
            maxWaitingRequests = most;
            return this;
        }

        /**
         * Limits how long {@link #open} may take; any time if not set. The model is then opened on another thread, an interrupt of the
         * caller ends the wait too, and what was opened for nothing is closed.
         *
         * @param most above zero
         * @return this
         * @throws IllegalArgumentException if it is zero or negative
         */
        public Builder openingTime(Duration most) {
            checkArgument(!most.isZero() && !most.isNegative(), "the time to open a model must be above zero, got %s", most);
            openingTime = Optional.of(most);
            return this;
        }

        /**
         * Limits the memory of a request, see {@link Wurstchen.Builder#maxMemory}; 8 GiB if not set.
         *
         * @param bytes at least 1
         * @return this
         * @throws IllegalArgumentException if it is below 1
         */
        public Builder maxMemory(long bytes) {
            checkArgument(bytes >= 1, "the memory of a request must be at least 1 byte, got %s", bytes);
            maxMemory = OptionalLong.of(bytes);
            return this;
        }

        /**
         * Replaces the model's text encoder for Stage C, whose graph is then not opened unless Stage B shares it.
         *
         * <p>For every replaced part: the pipeline closes it when it is closed itself, unless the part belongs to another pipeline
         * ({@link Wurstchen#parts}), which closes it. Copies to this model's device are counted, whichever part computed the values. A
         * cancelled request stops between the part's steps, or as soon as the part reacts to the thread's interrupt.
         *
         * {@snippet class="wurstchen.onnx.snippets.OpenSnippetsTest" region="lent-part"}
         *
         * @param value computes hidden states of as many tokens and values as the model's
         * @return this
         */
        public Builder textEncoderC(TextEncoder value) {
            parts.textEncoderC = Optional.of(value);
            return this;
        }

        /**
         * Replaces the model's text encoder for Stage B; see {@link #textEncoderC}.
         *
         * @param value computes hidden states of as many tokens and values as the model's
         * @return this
         */
        public Builder textEncoderB(TextEncoder value) {
            parts.textEncoderB = Optional.of(value);
            return this;
        }

        /**
         * Replaces the model's Stage C; see {@link #textEncoderC}.
         *
         * {@snippet class="wurstchen.onnx.snippets.OpenSnippetsTest" region="own-part"}
         *
         * @param value computes latents of the model's geometry
         * @return this
         */
        public Builder stageC(StageC value) {
            parts.stageC = Optional.of(value);
            return this;
        }

        /**
         * Replaces the model's Stage B; see {@link #textEncoderC}.
         *
         * @param value computes latents of the model's geometry
         * @return this
         */
        public Builder stageB(StageB value) {
            parts.stageB = Optional.of(value);
            return this;
        }

        /**
         * Replaces the model's Stage A; see {@link #textEncoderC}.
         *
         * @param value decodes latents of the model's geometry
         * @return this
         */
        public Builder stageA(StageA value) {
            parts.stageA = Optional.of(value);
            return this;
        }

        /**
         * Replaces the model's semantic compressor; see {@link #textEncoderC}. The model's own is opened when a request has a picture, and
         * closed when the picture is encoded.
         *
         * @param value encodes pictures to latents of the model's geometry
         * @return this
         */
        public Builder semanticCompressor(SemanticCompressor value) {
            parts.semanticCompressor = Optional.of(value);
            return this;
        }

        /**
         * Replaces the model's image encoder; see {@link #textEncoderC}. The model's own is opened when a request has image prompts, and closed
         * when they are encoded.
         *
         * @param value makes embeddings of the model's width
         * @return this
         */
        public Builder imageEncoder(ImageEncoder value) {
            parts.imageEncoder = Optional.of(value);
            return this;
        }

        /**
         * Verifies the model (if it is a folder), opens the graphs of all parts that were not replaced (none yet in low-memory mode), and
         * compares each with the manifest.
         *
         * @return the pipeline; close it to free the graphs
         * @throws IllegalStateException if no model is set
         * @throws ModelBundleException if the model is not a complete, unmodified bundle, or a graph is not what the manifest says
         * @throws wurstchen.WurstchenException if ONNX Runtime cannot open a graph, or it takes longer than {@link #openingTime}
         */
        public Wurstchen open() {
            return openingTime.isPresent() ? LimitedOpening.within(openingTime.get(), this::openNow) : openNow();
        }

        private Wurstchen openNow() {
            if (bundle != null) {
                return open(bundle.verified(), () -> {});
            }
            checkState(folder != null, "no model: call model(folder) or model(bundle) before open()");
            ModelBundle opened = ModelBundle.open(folder);
            try {
                return open(opened.verified(), opened);
            } catch (RuntimeException e) {
                Closing.afterFailure(e, List.of(opened));
                throw e;
            }
        }

        private Wurstchen open(VerifiedBundle model, AutoCloseable owned) {
            Stopwatch opening = Stopwatch.createStarted();
            Manifest manifest = model.manifest();
            Family.of(manifest).check(manifest);
            Wurstchen.Builder pipeline = Wurstchen.builder()
                    .model(manifest.about().name(), model.manifestSha256())
                    .maxWaitingRequests(maxWaitingRequests)
                    .geometry(manifest.geometry())
                    .defaults(manifest.defaults())
                    .schedules(manifest.schedules().stageC(), manifest.schedules().stageB());
            executor.ifPresent(pipeline::executor);
            PreviewProjections.of(model).ifPresent(found -> pipeline.projections(found.stageC(), found.stageB()));
            maxMemory.ifPresent(pipeline::maxMemory);
            OnnxEngine engine = OnnxEngine.open(device.provider(), mapWeights);
            try {
                if (lowMemory) {
                    parts.openOnDemand(pipeline, model, engine);
                } else {
                    parts.open(pipeline, model, engine);
                }
            } catch (RuntimeException e) {
                engine.release();
                throw e;
            }
            LOG.log(
                    Level.DEBUG,
                    "opened {0} ({1}, weights {2}) on {3} in {4} ms",
                    manifest.about().name(),
                    manifest.about().precision(),
                    manifest.about().weights(),
                    engine.description(),
                    opening.elapsed().toMillis());
            return pipeline.engine(engine).owning(owned).owning(engine::release).build();
        }
    }
}
