package wurstchen;

import static com.google.common.base.Preconditions.checkNotNull;
import static com.google.common.base.Preconditions.checkState;

import com.google.common.collect.ImmutableList;
import java.util.ArrayList;
import java.util.List;
import wurstchen.sampling.CosineSchedule;
import wurstchen.sampling.StepTable;
import wurstchen.stage.DenoisingRun;
import wurstchen.stage.Engine;
import wurstchen.stage.HiddenStates;
import wurstchen.stage.LatentGeometry;
import wurstchen.stage.Latents;
import wurstchen.stage.StageA;
import wurstchen.stage.StageB;
import wurstchen.stage.StageC;
import wurstchen.stage.TextEncoder;
import wurstchen.text.ClipTokenizer;

/**
 * The Würstchen cascade: prompt → tokens → hidden states → Stage C → Stage B → Stage A → picture.
 *
 * <p>A seed gives the picture that diffusers' combined pipeline gives in float32 with a CPU generator of that seed: the source of the order
 * of the draws is WuerstchenCombinedPipeline.
 *
 * <p>Thread-safe as far as its stages are; those of this project are. Close it to free the stages; a second close does nothing.
 */
public final class Wurstchen implements AutoCloseable {
    /** In messages. */
    private static final String NAME = "the pipeline";

    private final LatentGeometry geometry;
    private final PictureDefaults defaults;
    private final CascadeParts parts;
    private final PromptEncoder promptEncoderC;
    private final PromptEncoder promptEncoderB;
    private final Engine engine;
    private final RequestQueue queue = new RequestQueue();
    private final ImmutableList<AutoCloseable> stages;
    private final ImmutableList<AutoCloseable> resources;
    private volatile boolean closed;

    private Wurstchen(Builder builder) {
        geometry = set("geometry", builder.geometry);
        defaults = set("defaults", builder.defaults);
        parts = new CascadeParts(
                set("tokenizers", builder.tokenizerC),
                set("tokenizers", builder.tokenizerB),
                set("text encoders", builder.textEncoderC),
                set("text encoders", builder.textEncoderB),
                set("schedules", builder.stageCSchedule),
                set("schedules", builder.stageBSchedule),
                set("stages", builder.stageC),
                set("stages", builder.stageB),
                set("stages", builder.stageA));
        promptEncoderC = new PromptEncoder(CascadeStage.STAGE_C, parts.tokenizerC(), parts.textEncoderC());
        promptEncoderB = new PromptEncoder(CascadeStage.STAGE_B, parts.tokenizerB(), parts.textEncoderB());
        engine = builder.engine;
        stages = ImmutableList.of(
                parts.textEncoderC(), parts.textEncoderB(), parts.stageC(), parts.stageB(), parts.stageA());
        resources = ImmutableList.copyOf(builder.resources);
    }

    private static <T> T set(String name, T value) {
        checkState(value != null, "%s not set: a pipeline needs geometry, defaults, schedules, tokenizers, text encoders and stages", name);
        return value;
    }

    /**
     * Starts a pipeline from parts. With an exported model, the engine's module has a shorter way.
     *
     * @return a builder with nothing set
     */
    public static Builder builder() {
        return new Builder();
    }

    /**
     * Returns what is used where a request says nothing.
     *
     * @return the model's recommendation
     */
    public PictureDefaults defaults() {
        return defaults;
    }

    /**
     * Returns how sizes in px become latents.
     *
     * @return the model's geometry
     */
    public LatentGeometry geometry() {
        return geometry;
    }

    /**
     * Returns the parts, for programs that run the stages themselves.
     *
     * @return this pipeline's own: they are closed with it
     */
    public CascadeParts parts() {
        return parts;
    }

    /**
     * Makes one picture with the model's defaults and a random seed.
     *
     * @param prompt what to show
     * @return the picture and how it was made
     * @throws WurstchenException if a stage fails
     * @throws IllegalStateException if the pipeline is closed
     */
    public PictureResult generate(String prompt) {
        return generate(PictureRequest.builder(prompt).build());
    }

    /**
     * Makes the pictures of a request. A run that fails or is cancelled leaves the pipeline usable. Requests of several threads queue and
     * are done one at a time; a listener may make another picture on its own thread.
     *
     * @param request what to make
     * @return the pictures asked for, and how they were made
     * @throws IllegalArgumentException if the model cannot make that size
     * @throws CancelledException if the request's {@link Cancellation} stops it
     * @throws WurstchenException if a stage fails
     * @throws IllegalStateException if the pipeline is closed
     */
    public PictureResult generate(PictureRequest request) {
        checkOpen();
        PictureSettings settings = request.settings(defaults);
        geometry.checkSize(settings.height(), settings.width());
        Cancellation cancellation = request.cancellation();
        if (!queue.enter(cancellation)) {
            checkOpen();
            throw new CancelledException("cancelled before the first step", null);
        }
        RunProgress progress = new RunProgress(new StageMeter(engine), cancellation);
        try {
            Cancellation.Registration stop = cancellation.onCancel(engine::stop);
            try {
                return generate(request, settings, progress);
            } finally {
                stop.close();
            }
        } catch (RuntimeException e) {
            throw progress.cancelledOr(e);
        } finally {
            if (queue.leave()) {
                new ReverseCloser(NAME).close(resources).throwFailure();
            }
        }
    }

    private PictureResult generate(PictureRequest request, PictureSettings settings, RunProgress progress) {
        ImmutableList.Builder<GeneratedPicture> made = ImmutableList.builder();
        for (int first = 0; first < request.pictures(); first += request.batchSize()) {
            int pictures = Math.min(request.batchSize(), request.pictures() - first);
            made.addAll(generateBatch(new PictureBatch(request, settings, first, pictures), progress));
        }
        return new PictureResult(
                made.build(),
                progress.meter().durations(),
                droppedTexts(settings),
                progress.meter().transfers(),
                engine.description(),
                engine.notes());
    }

    /** How many requests wait for another to finish. */
    int waitingRequests() {
        return queue.waiting();
    }

    private void checkOpen() {
        checkState(!closed, "this Wurstchen is closed: open a new one");
    }

    private List<GeneratedPicture> generateBatch(PictureBatch batch, RunProgress progress) {
        PictureSettings settings = batch.settings();
        progress.start(CascadeStage.TEXT, StagePhase.AFTER_STEPS);
        try (HiddenStates textC = promptEncoderC.encode(settings, settings.stageCGuidance(), batch.pictures());
                HiddenStates textB = promptEncoderB.encode(settings, settings.stageBGuidance(), batch.pictures());
                Latents stageCLatents = runC(batch, textC, progress);
                Latents stageBLatents = runB(batch, textB, stageCLatents, progress)) {
            progress.start(CascadeStage.STAGE_A, StagePhase.AFTER_STEPS);
            return batch.pictures(parts.stageA().decode(stageBLatents));
        } finally {
            progress.meter().stop();
        }
    }

    private Latents runC(PictureBatch batch, HiddenStates text, RunProgress progress) {
        progress.start(CascadeStage.STAGE_C, StagePhase.BEFORE_STEPS);
        try (DenoisingRun run = startC(batch, text)) {
            return batch.denoise(CascadeStage.STAGE_C, run, progress);
        }
    }

    private Latents runB(PictureBatch batch, HiddenStates text, Latents stageCLatents, RunProgress progress) {
        progress.start(CascadeStage.STAGE_B, StagePhase.BEFORE_STEPS);
        try (DenoisingRun run = startB(batch, text, stageCLatents)) {
            return batch.denoise(CascadeStage.STAGE_B, run, progress);
        }
    }

    private DenoisingRun startC(PictureBatch batch, HiddenStates text) {
        PictureSettings settings = batch.settings();
        return parts.stageC().start(
                text,
                geometry.stageC(batch.pictures(), settings.height(), settings.width()),
                StepTable.of(parts.scheduleC(), settings.stageCTimesteps()),
                settings.stageCGuidance(),
                batch.noise());
    }

    private DenoisingRun startB(PictureBatch batch, HiddenStates text, Latents stageCLatents) {
        PictureSettings settings = batch.settings();
        return parts.stageB().start(
                text,
                stageCLatents,
                geometry.stageB(batch.pictures(), settings.height(), settings.width()),
                StepTable.of(parts.scheduleB(), settings.stageBTimesteps()),
                settings.stageBGuidance(),
                batch.noise());
    }

    private ImmutableList<DroppedText> droppedTexts(PictureSettings settings) {
        return ImmutableList.<DroppedText>builder()
                .addAll(promptEncoderC.droppedTexts(settings, settings.stageCGuidance()))
                .addAll(promptEncoderB.droppedTexts(settings, settings.stageBGuidance()))
                .build();
    }

    /**
     * Closes every stage, the last one first, all of them even if one fails. A request in flight is stopped and throws an
     * IllegalStateException, unless its last step is done; what it still uses is freed when it ends, which this does not wait for, so that
     * a listener may close its pipeline. Requests that wait for it do not begin. A second call does nothing.
     *
     * @throws WurstchenException if one fails to close
     */
    @Override
    public void close() {
        synchronized (this) {
            if (closed) {
                return;
            }
            closed = true;
        }
        queue.close();
        ReverseCloser closer = new ReverseCloser(NAME).close(stages);
        if (queue.stagesClosed()) {
            closer.close(resources);
        }
        closer.throwFailure();
    }

    /** Collects the parts of a pipeline; every part must be set, and the pipeline owns what can be closed. */
    public static final class Builder {
        private LatentGeometry geometry;
        private PictureDefaults defaults;
        private CosineSchedule stageCSchedule;
        private CosineSchedule stageBSchedule;
        private ClipTokenizer tokenizerC;
        private ClipTokenizer tokenizerB;
        private TextEncoder textEncoderC;
        private TextEncoder textEncoderB;
        private StageC stageC;
        private StageB stageB;
        private StageA stageA;
        private Engine engine = Engine.NONE;
        private final List<AutoCloseable> resources = new ArrayList<>();

        private Builder() {}

        /**
         * Sets how sizes in px become latents.
         *
         * @param value the model's geometry
         * @return this
         */
        public Builder geometry(LatentGeometry value) {
            geometry = checkNotNull(value, "geometry");
            return this;
        }

        /**
         * Sets what is used where a request says nothing.
         *
         * @param value the model's recommendation
         * @return this
         */
        public Builder defaults(PictureDefaults value) {
            defaults = checkNotNull(value, "defaults");
            return this;
        }

        /**
         * Sets the noise schedules.
         *
         * @param c Stage C's
         * @param b Stage B's
         * @return this
         */
        public Builder schedules(CosineSchedule c, CosineSchedule b) {
            stageCSchedule = checkNotNull(c, "stage C schedule");
            stageBSchedule = checkNotNull(b, "stage B schedule");
            return this;
        }

        /**
         * Sets the tokenizers.
         *
         * @param c of Stage C's text encoder
         * @param b of Stage B's text encoder
         * @return this
         */
        public Builder tokenizers(ClipTokenizer c, ClipTokenizer b) {
            tokenizerC = checkNotNull(c, "tokenizer C");
            tokenizerB = checkNotNull(b, "tokenizer B");
            return this;
        }

        /**
         * Sets the text encoders.
         *
         * @param c Stage C's
         * @param b Stage B's
         * @return this
         */
        public Builder textEncoders(TextEncoder c, TextEncoder b) {
            textEncoderC = checkNotNull(c, "text encoder C");
            textEncoderB = checkNotNull(b, "text encoder B");
            return this;
        }

        /**
         * Sets the stages.
         *
         * @param c makes Stage C latents from text
         * @param b makes Stage B latents from Stage C's
         * @param a makes pixels from Stage B latents
         * @return this
         */
        public Builder stages(StageC c, StageB b, StageA a) {
            stageC = checkNotNull(c, "stage C");
            stageB = checkNotNull(b, "stage B");
            stageA = checkNotNull(a, "stage A");
            return this;
        }

        /**
         * Sets what the stages stand on; {@link Engine#NONE} if not set.
         *
         * @param value counts transfers and stops computations for the stages of this pipeline
         * @return this
         */
        public Builder engine(Engine value) {
            engine = checkNotNull(value, "engine");
            return this;
        }

        /**
         * Adds something that the stages stand on, to be closed after them.
         *
         * @param resource closed once, by the pipeline's close, or by the request in flight when it ends
         * @return this
         */
        public Builder owning(AutoCloseable resource) {
            resources.add(checkNotNull(resource, "resource"));
            return this;
        }

        /**
         * Builds the pipeline.
         *
         * @return a pipeline that owns its encoders, stages and resources
         * @throws IllegalStateException if a part is not set
         */
        public Wurstchen build() {
            return new Wurstchen(this);
        }
    }
}
