package wurstchen;

import java.lang.System.Logger.Level;
import java.lang.System.Logger;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import wurstchen.image.Picture;
import wurstchen.internal.LibraryVersion;
import wurstchen.internal.StageCBeginning;
import wurstchen.internal.StageCStart;
import wurstchen.internal.StepPreviews;
import wurstchen.internal.StepWork;
import wurstchen.progress.CascadeStage;
import wurstchen.progress.Previews;
import wurstchen.progress.StagePhase;
import wurstchen.sampling.Guidance;
import wurstchen.sampling.NoiseSource;
import wurstchen.sampling.StepTable;
import wurstchen.sampling.Timesteps;
import wurstchen.stage.DenoisingRun;
import wurstchen.stage.EncodedPrompt;
import wurstchen.stage.Engine;
import wurstchen.stage.ImageEmbeddings;
import wurstchen.stage.LatentGeometry;
import wurstchen.stage.LatentShape;
import wurstchen.stage.Latents;
import wurstchen.text.LongPrompts;
import wurstchen.text.VisibleText;

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

    /**
     * What all batches of a request have in common.
     *
     * @param input what Stage C begins with
     * @param images the image prompts for Stage C
     * @param textC the text for Stage C
     * @param textB the text for Stage B
     */
    private record Run(
            PictureRequest request,
            CascadeInput input,
            ImageEmbeddings images,
            PromptEncoder.Encoded textC,
            PromptEncoder.Encoded textB,
            RunProgress progress) {}

    PictureResult run(PictureRequest request, PictureSettings settings, RunProgress progress) {
        progress.startStage(CascadeStage.TEXT, StagePhase.AFTER_STEPS, 0, request.pictures());
        return request.stopAfter() == CascadeStage.TEXT ? encode(settings, progress) : draw(request, settings, progress);
    }

    private PictureResult draw(PictureRequest request, PictureSettings settings, RunProgress progress) {
        CascadeInput input = progress.call(() -> CascadeInput.of(settings, parts, geometry));
        boolean needsC = input.start().visited().isPresent();
        boolean guidedC = settings.stageCGuidance().active();
        boolean guidedB = settings.stageBGuidance().active();
        ImageEmbeddings images =
                needsC ? progress.call(() -> CascadeInput.images(settings, parts)) : ImageEmbeddings.none();
        try (PromptEncoder.Encoded both = sharesText(settings) && (needsC || request.needsStageB())
                        ? encode(CascadeStage.STAGE_C, settings, needsC && guidedC || request.needsStageB() && guidedB, progress)
                        : PromptEncoder.Encoded.none();
                PromptEncoder.Encoded textC = text(CascadeStage.STAGE_C, needsC, guidedC, both, settings, progress);
                PromptEncoder.Encoded textB = text(CascadeStage.STAGE_B, request.needsStageB(), guidedB, both, settings, progress)) {
            List<DroppedText> dropped = dropped(textC, textB);
            progress.finishStage();
            for (int first = 0; first < request.pictures(); first += request.batchSize()) {
                int pictures = Math.min(request.batchSize(), request.pictures() - first);
                try (PictureBatch batch = new PictureBatch(geometry, settings, first, pictures)) {
                    draw(new Run(request, input, images, textC, textB, progress), batch);
                }
            }
            progress.meter().stop();
            return new PictureResult(progress.finished(), progress.meter(), dropped, engine);
        }
    }

    /** Ends a request with the hidden states of its prompts, the negative ones too, because guidance is the next request's. */
    private PictureResult encode(PictureSettings settings, RunProgress progress) {
        try (PromptEncoder.Encoded textC = encode(CascadeStage.STAGE_C, settings, true, progress);
                PromptEncoder.Encoded textB = encode(CascadeStage.STAGE_B, settings, true, progress)) {
            for (int i = 0; i < settings.prompts(); i++) {
                progress.finish(EncodedPrompt.of(textC.each().get(i), textB.each().get(i), model.sha256()));
            }
            List<DroppedText> dropped = dropped(textC, textB);
            progress.finishStage();
            progress.meter().stop();
            return new PictureResult(progress.finished(), progress.meter(), dropped, engine);
        }
    }

    private PromptEncoder.Encoded encode(CascadeStage stage, PictureSettings settings, boolean guided, RunProgress progress) {
        return progress.call(() -> encoder(stage).encode(settings, guided, progress::checkNotStopped));
    }

    /** Hidden states that a request brings may differ between the stages. */
    private boolean sharesText(PictureSettings settings) {
        return parts.sharesText() && settings.encodedPrompt().isEmpty();
    }

    private PromptEncoder.Encoded text(
            CascadeStage stage, boolean needed, boolean guided, PromptEncoder.Encoded both, PictureSettings settings, RunProgress progress) {
        if (!needed) {
            return PromptEncoder.Encoded.none();
        }
        return sharesText(settings) ? progress.call(() -> both.of(guided)) : encode(stage, settings, guided, progress);
    }

    private static List<DroppedText> dropped(PromptEncoder.Encoded textC, PromptEncoder.Encoded textB) {
        List<DroppedText> dropped = 
                Stream.concat(textC.dropped().stream(), textB.dropped().stream()).distinct().toList();
        dropped.forEach(CascadeLoop::warn);
        return dropped;
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
                encoder(CascadeStage.STAGE_C).checkLengths(picture, picture.stageCGuidance().active());
                encoder(CascadeStage.STAGE_B).checkLengths(picture, picture.stageBGuidance().active());
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

    private void draw(Run run, PictureBatch batch) {
        try (Latents stageCLatents = runC(run, batch)) {
            if (run.request().stopAfter() == CascadeStage.STAGE_C) {
                batch.finish(stageCLatents, model.sha256(), run.progress());
                return;
            }
            try (Latents stageBLatents = runB(run, batch, stageCLatents)) {
                run.progress().finishStage();
                runA(run, batch, stageBLatents);
            }
        }
    }

    private void runA(Run run, PictureBatch batch, Latents stageBLatents) {
        RunProgress progress = run.progress();
        progress.startStage(CascadeStage.STAGE_A, StagePhase.AFTER_STEPS, batch.first(), batch.pictures());
        PictureOrigin origin =
                new PictureOrigin(model.name(), model.sha256(), engine.description(), batch.pictures(), LibraryVersion.text());
        batch.finish(progress.call(() -> parts.stageA().decode(stageBLatents)), run.input()::finished, origin, progress);
        progress.finishStage();
    }

    /** Stage C is left out where it has nothing to do. */
    private Latents runC(Run run, PictureBatch batch) {
        LatentShape shape = batch.stageCShape();
        StageCStart start = run.input().start();
        Optional<Timesteps> visited = start.visited();
        if (visited.isEmpty()) {
            return Latents.onHost(shape, start.begin(batch.noise(), shape.values()).first());
        }
        RunProgress progress = run.progress();
        progress.startStage(CascadeStage.STAGE_C, StagePhase.BEFORE_STEPS, batch.first(), batch.pictures());
        StageCBeginning beginning = progress.call(() -> start.begin(batch.noise(), shape.values()));
        boolean[] repainted = run.input().repaintedCells(shape);
        StepTable table = StepTable.of(parts.scheduleC(), visited.get());
        StepPreviews previews = run.request()
                .previews()
                .map(asked -> StepPreviews.of(asked, table, clean -> previewC(asked, batch, run.textB(), clean)))
                .orElse(StepPreviews.NONE);
        StepWork work = previews.then(repainted == null ? StepWork.NONE : beginning.keepingKnown(repainted));
        NoiseSource noise = previews.listeningTo(beginning.noise());
        try (DenoisingRun steps = progress.call(() -> startC(run, batch, table, noise))) {
            Latents latents = denoise(steps, work, progress);
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

    private Latents runB(Run run, PictureBatch batch, Latents stageCLatents) {
        RunProgress progress = run.progress();
        progress.startStage(CascadeStage.STAGE_B, StagePhase.BEFORE_STEPS, batch.first(), batch.pictures());
        StepTable table = StepTable.of(parts.scheduleB(), batch.settings().stageBTimesteps());
        StepPreviews previews = run.request()
                .previews()
                .filter(asked -> asked.stageBSteps().isEmpty())
                .flatMap(asked -> parts.projectionB()
                        .map(projection -> StepPreviews.of(asked, table, clean -> projection.show(batch.stageBShape(), clean))))
                .orElse(StepPreviews.NONE);
        NoiseSource noise = previews.listeningTo(batch.noise());
        try (DenoisingRun steps = progress.call(() -> startB(batch, run.textB(), stageCLatents, table, noise))) {
            return denoise(steps, previews, progress);
        }
    }

    private DenoisingRun startC(Run run, PictureBatch batch, StepTable table, NoiseSource noise) {
        Guidance guidance = batch.settings().stageCGuidance();
        return run.textC().start(
                batch.first(),
                batch.pictures(),
                states -> parts.stageC().start(states, run.images(), batch.stageCShape(), table, guidance, noise));
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
