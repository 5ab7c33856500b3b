package wurstchen;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import wurstchen.internal.LibraryVersion;
import wurstchen.internal.StageCBeginning;
import wurstchen.internal.VisibleText;
import wurstchen.progress.CascadeStage;
import wurstchen.progress.StagePhase;
import wurstchen.sampling.NoiseSource;
import wurstchen.sampling.StepTable;
import wurstchen.sampling.Timesteps;
import wurstchen.stage.DenoisingRun;
import wurstchen.stage.Engine;
import wurstchen.stage.LatentGeometry;
import wurstchen.stage.LatentShape;
import wurstchen.stage.Latents;

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
                PromptEncoder.Encoded textB = progress.call(() -> request.endsWithStageC()
                        ? PromptEncoder.Encoded.none()
                        : encoder(CascadeStage.STAGE_B).encode(settings, settings.stageBGuidance(), checkpoint))) {
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
        try (Latents stageCLatents = runC(batch, input, textC, progress)) {
            if (request.endsWithStageC()) {
                batch.finish(stageCLatents, model.sha256(), progress);
                return;
            }
            try (Latents stageBLatents = runB(batch, textB, stageCLatents, progress)) {
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
    private Latents runC(PictureBatch batch, CascadeInput input, PromptEncoder.Encoded text, RunProgress progress) {
        LatentShape shape = batch.stageCShape();
        Optional<Timesteps> visited = input.start().visited();
        if (visited.isEmpty()) {
            return Latents.onHost(shape, input.start().begin(batch.noise(), shape.values()).first());
        }
        progress.startStage(CascadeStage.STAGE_C, StagePhase.BEFORE_STEPS, batch.first(), batch.pictures());
        StageCBeginning beginning = progress.call(() -> input.start().begin(batch.noise(), shape.values()));
        boolean[] repainted = input.repaintedCells(shape);
        try (DenoisingRun run = progress.call(() -> startC(batch, text, visited.get(), beginning.noise()))) {
            Latents latents = denoise(run, repainted == null ? () -> {} : () -> beginning.keepKnown(run, repainted), progress);
            progress.finishStage();
            return latents;
        }
    }

    private Latents runB(PictureBatch batch, PromptEncoder.Encoded text, Latents stageCLatents, RunProgress progress) {
        progress.startStage(CascadeStage.STAGE_B, StagePhase.BEFORE_STEPS, batch.first(), batch.pictures());
        try (DenoisingRun run = progress.call(() -> startB(batch, text, stageCLatents))) {
            return denoise(run, () -> {}, progress);
        }
    }

    private DenoisingRun startC(PictureBatch batch, PromptEncoder.Encoded text, Timesteps visited, NoiseSource noise) {
        PictureSettings settings = batch.settings();
        return text.start(batch.pictures(), states -> parts.stageC().start(
                states,
                batch.stageCShape(),
                StepTable.of(parts.scheduleC(), visited),
                settings.stageCGuidance(),
                noise));
    }

    private DenoisingRun startB(PictureBatch batch, PromptEncoder.Encoded text, Latents stageCLatents) {
        PictureSettings settings = batch.settings();
        return text.start(batch.pictures(), states -> parts.stageB().start(
                states,
                stageCLatents,
                batch.stageBShape(),
                StepTable.of(parts.scheduleB(), settings.stageBTimesteps()),
                settings.stageBGuidance(),
                batch.noise()));
    }

    /**
     * Does every step of a run.
     *
     * @param afterStep belongs to every step
     * @return the latents, owned by the caller
     */
    private static Latents denoise(DenoisingRun run, Runnable afterStep, RunProgress progress) {
        progress.startPhase(StagePhase.STEPS);
        while (run.stepsDone() < run.steps()) {
            progress.advance(run, afterStep);
        }
        return progress.call(run::finish);
    }
}
