package wurstchen;

import java.lang.System.Logger.Level;
import java.lang.System.Logger;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import wurstchen.image.Picture;
import wurstchen.internal.LibraryVersion;
import wurstchen.internal.StageCBeginning;
import wurstchen.internal.StepPreviews;
import wurstchen.internal.StepWork;
import wurstchen.internal.VisibleText;
import wurstchen.progress.CascadeStage;
import wurstchen.progress.Previews;
import wurstchen.progress.StagePhase;
import wurstchen.sampling.NoiseSource;
import wurstchen.sampling.StepTable;
import wurstchen.sampling.Timesteps;
import wurstchen.stage.DenoisingRun;
import wurstchen.stage.Engine;
import wurstchen.stage.LatentGeometry;
import wurstchen.stage.LatentShape;
import wurstchen.stage.Latents;
import wurstchen.text.LongPrompts;

/**
 * The cascade from a prompt to pictures: tokenize and encode once, then for each batch run Stage C, run Stage B, decode with Stage A.
 *
 * @param parts the tokenizers, encoders and stages
 * @param geometry how sizes in px become latents
 * @param engine what the parts compute on
 * @param model the model's name and hash
 */
record CascadeLoop(CascadeParts parts, LatentGeometry geometry, Engine engine, ModelId model) {
    /**
     * Which model it is.
     *
     * @param name for people; may be empty
     * @param sha256 of its manifest; may be empty
     */
    record ModelId(String name, String sha256) {}

    private static final Logger LOG = System.getLogger("wurstchen");

    /** Characters of a prompt in a line of the log. */
    private static final int MOST_LOGGED = 100;

    PictureResult run(PictureRequest request, PictureSettings settings, RunProgress progress) {
        progress.startStage(CascadeStage.TEXT, StagePhase.AFTER_STEPS, 0, request.pictures());
        CascadeInput input = progress.call(() -> CascadeInput.of(settings, parts, geometry));
        Runnable checkpoint = progress::checkNotStopped;
        try (PromptEncoder.Encoded textC = progress.call(() -> input.start().visited().isPresent()
                        ? encoder(CascadeStage.STAGE_C).encode(settings, settings.stageCGuidance(), checkpoint)
                        : PromptEncoder.Encoded.none());
                PromptEncoder.Encoded textB = progress.call(() -> request.needsStageB()
                        ? encoder(CascadeStage.STAGE_B).encode(settings, settings.stageBGuidance(), checkpoint)
                        : PromptEncoder.Encoded.none())) {
            List<DroppedText> dropped = Stream.concat(textC.dropped().stream(), textB.dropped().stream()).toList();
            dropped.forEach(CascadeLoop::warn);
            progress.finishStage();
            for (int first = 0; first < request.pictures(); first += request.batchSize()) {
                int pictures = Math.min(request.batchSize(), request.pictures() - first);
                try (PictureBatch batch = new PictureBatch(geometry, settings, first, pictures)) {
                    run(request, batch, input, textC, textB, progress);
                }
            }
            progress.meter().stop();
            return new PictureResult(progress.finished(), progress.meter(), dropped, engine);
        }
    }

    /**
     * Checks the lengths of the prompts, if such ones as are too long are refused.
     *
     * @throws IllegalArgumentException if one is
     */
    void checkLengths(PictureSettings settings) {
        if (settings.longPrompts() == LongPrompts.REFUSE) {
            for (int i = 0; i < settings.prompts(); i++) {
                PictureSettings picture = settings.prompts() == 1 ? settings : settings.picture(i);
                encoder(CascadeStage.STAGE_C).checkLengths(picture, picture.stageCGuidance());
                encoder(CascadeStage.STAGE_B).checkLengths(picture, picture.stageBGuidance());
            }
        }
    }

    /** What others sent is made harmless for a log: one short line. The result has all of it. */
    private static void warn(DroppedText text) {
        String dropped = text.dropped();
        String start = VisibleText.of(dropped.length() <= MOST_LOGGED ? dropped : dropped.substring(0, MOST_LOGGED) + "...");
        LOG.log(Level.WARNING, "{0} does not see the end of the prompt, which is too long: \"{1}\"", text.stage(), start);
    }

    private PromptEncoder encoder(CascadeStage stage) {
        return stage == CascadeStage.STAGE_C
                ? new PromptEncoder(stage, parts.tokenizerC(), parts.textEncoderC())
                : new PromptEncoder(stage, parts.tokenizerB(), parts.textEncoderB());
    }

    private void run(
            PictureRequest request,
            PictureBatch batch,
            CascadeInput input,
            PromptEncoder.Encoded textC,
            PromptEncoder.Encoded textB,
            RunProgress progress) {
        try (Latents stageCLatents = runC(request, batch, input, textC, textB, progress)) {
            if (request.endsWithStageC()) {
                batch.finish(stageCLatents, model.sha256(), progress);
                return;
            }
            try (Latents stageBLatents = runB(request, batch, textB, stageCLatents, progress)) {
                progress.finishStage();
                runA(batch, input, stageBLatents, progress);
            }
        }
    }

    private void runA(PictureBatch batch, CascadeInput input, Latents stageBLatents, RunProgress progress) {
        progress.startStage(CascadeStage.STAGE_A, StagePhase.AFTER_STEPS, batch.first(), batch.pictures());
        PictureOrigin origin =
                new PictureOrigin(model.name(), model.sha256(), engine.description(), batch.pictures(), LibraryVersion.text());
        batch.finish(progress.call(() -> parts.stageA().decode(stageBLatents)), input::finished, origin, progress);
        progress.finishStage();
    }

    /** Stage C is left out where it has nothing to do. */
    private Latents runC(
            PictureRequest request,
            PictureBatch batch,
            CascadeInput input,
            PromptEncoder.Encoded textC,
            PromptEncoder.Encoded textB,
            RunProgress progress) {
        LatentShape shape = batch.stageCShape();
        Optional<Timesteps> visited = input.start().visited();
        if (visited.isEmpty()) {
            return Latents.onHost(shape, input.start().begin(batch.noise(), shape.values()).first());
        }
        progress.startStage(CascadeStage.STAGE_C, StagePhase.BEFORE_STEPS, batch.first(), batch.pictures());
        StageCBeginning beginning = progress.call(() -> input.start().begin(batch.noise(), shape.values()));
        boolean[] repainted = input.repaintedCells(shape);
        StepTable table = StepTable.of(parts.scheduleC(), visited.get());
        StepPreviews previews = request.previews()
                .map(asked -> StepPreviews.of(asked, table, clean -> previewC(asked, batch, textB, clean)))
                .orElse(StepPreviews.NONE);
        StepWork work = previews.then(repainted == null ? StepWork.NONE : beginning.keepingKnown(repainted));
        try (DenoisingRun run = progress.call(() -> startC(batch, textC, table, previews.listeningTo(beginning.noise())))) {
            Latents latents = denoise(run, work, progress);
            progress.finishStage();
            return latents;
        }
    }

    private List<Picture> previewC(Previews asked, PictureBatch batch, PromptEncoder.Encoded textB, float[] clean) {
        if (asked.stageBSteps().isEmpty()) {
            return parts.projectionC().orElseThrow().show(batch.stageCShape(), clean);
        }
        StepTable few = StepTable.of(parts.scheduleB(), Timesteps.uniform(asked.stageBSteps().getAsInt()));
        try (Latents stageCLatents = Latents.onHost(batch.stageCShape(), clean);
                DenoisingRun run = startB(batch, textB, stageCLatents, few, batch.newNoise())) {
            while (run.stepsDone() < run.steps()) {
                run.advance();
            }
            return Picture.fromPixels(parts.stageA().decode(run.latents()));
        }
    }

    private Latents runB(
            PictureRequest request, PictureBatch batch, PromptEncoder.Encoded text, Latents stageCLatents, RunProgress progress) {
        progress.startStage(CascadeStage.STAGE_B, StagePhase.BEFORE_STEPS, batch.first(), batch.pictures());
        StepTable table = StepTable.of(parts.scheduleB(), batch.settings().stageBTimesteps());
        StepPreviews previews = request.previews()
                .filter(asked -> asked.stageBSteps().isEmpty())
                .flatMap(asked -> parts.projectionB()
                        .map(projection -> StepPreviews.of(asked, table, clean -> projection.show(batch.stageBShape(), clean))))
                .orElse(StepPreviews.NONE);
        NoiseSource noise = previews.listeningTo(batch.noise());
        try (DenoisingRun run = progress.call(() -> startB(batch, text, stageCLatents, table, noise))) {
            return denoise(run, previews, progress);
        }
    }

    private DenoisingRun startC(PictureBatch batch, PromptEncoder.Encoded text, StepTable table, NoiseSource noise) {
        return text.start(
                batch.first(),
                batch.pictures(),
                states -> parts.stageC().start(states, batch.stageCShape(), table, batch.settings().stageCGuidance(), noise));
    }

    private DenoisingRun startB(
            PictureBatch batch, PromptEncoder.Encoded text, Latents stageCLatents, StepTable table, NoiseSource noise) {
        return text.start(
                batch.first(),
                batch.pictures(),
                states -> parts.stageB()
                        .start(states, stageCLatents, batch.stageBShape(), table, batch.settings().stageBGuidance(), noise));
    }

    /**
     * Does every step of a run.
     *
     * @param work done around every step
     * @return the latents, owned by the caller
     */
    private static Latents denoise(DenoisingRun run, StepWork work, RunProgress progress) {
        progress.startPhase(StagePhase.STEPS);
        while (run.stepsDone() < run.steps()) {
            progress.advance(run, work);
        }
        return progress.call(run::finish);
    }
}
