package wurstchen;

import static java.util.Objects.requireNonNull;

import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import wurstchen.internal.InterruptWatch;
import wurstchen.internal.ProgressCount;
import wurstchen.internal.SenderCode;
import wurstchen.internal.StageMeter;
import wurstchen.internal.StepWork;
import wurstchen.internal.StopSignal;
import wurstchen.progress.CascadeStage;
import wurstchen.progress.CompletedStep;
import wurstchen.progress.RequestListener;
import wurstchen.progress.StagePhase;
import wurstchen.progress.StageProgress;
import wurstchen.progress.StepPreview;
import wurstchen.stage.DenoisingRun;
import wurstchen.stage.EncodedPrompt;
import wurstchen.stage.StageCLatents;

/**
 * How far a request is: for its durations and transfers, its listener, and what is said if it is stopped. Stops it between two calls of
 * stages. For the generating thread.
 */
final class RunProgress {
    private final PictureRequest request;
    private final StageMeter meter;
    private final StopSignal signal;
    private final SenderCode sender = new SenderCode();
    private final FinishedPictures finished;
    private final ProgressCount count;
    private @Nullable StageProgress current;
    private int stepsDone;
    private int steps;

    RunProgress(PictureRequest request, PictureSettings settings, StageMeter meter, StopSignal signal) {
        this.request = request;
        this.meter = meter;
        this.signal = signal;
        finished = new FinishedPictures(request.consumer());
        count = new ProgressCount(
                request.pictures(),
                request.stopAfter() == CascadeStage.TEXT ? 0 : settings.stageCStepsToDo(),
                request.stopAfter() == CascadeStage.STAGE_A ? settings.stageBTimesteps().steps() : 0,
                request.stopAfter() == CascadeStage.STAGE_A ? 1 : 0);
    }

    /** Unwinds a request that is to stop; who catches it says why. */
    static final class Stopped extends RuntimeException {
        private static final long serialVersionUID = 1L;

        Stopped() {
            super("stopped", null, false, false);
        }
    }

    StageMeter meter() {
        return meter;
    }

    FinishedPictures finished() {
        return finished;
    }

    boolean thrownBySender(Throwable failure) {
        return sender.threw(failure);
    }

    /** Begins a stage for a batch. */
    void startStage(CascadeStage stage, StagePhase phase, int firstPicture, int pictures) {
        checkNotStopped();
        stepsDone = 0;
        steps = 0;
        current = StageProgress.of(stage, firstPicture, pictures, count.before(stage, firstPicture, pictures));
        meter.start(stage, phase);
        tell(listener -> listener.onStageStarted(current()));
        checkNotStopped();
    }

    /** Begins the next phase of the stage. */
    void startPhase(StagePhase phase) {
        meter.start(current().stage(), phase);
        checkNotStopped();
    }

    /**
     * Does a denoising step, with what is done around it. The work after the last one is a phase of its own, which begins before the listener
     * reads the latents.
     */
    void advance(DenoisingRun run, StepWork work) {
        call(() -> {
            work.before(run);
            run.advance();
            work.after(run);
            return null;
        });
        stepsDone = run.stepsDone();
        steps = run.steps();
        if (stepsDone == steps) {
            startPhase(StagePhase.AFTER_STEPS);
        }
        current = at(count.afterSteps(current(), stepsDone));
        tell(listener -> listener.onStep(CompletedStep.of(current(), stepsDone, steps, run.latents())));
        call(work::previews)
                .map(pictures -> StepPreview.of(current(), stepsDone, steps, pictures))
                .ifPresent(preview -> tell(listener -> listener.onPreview(preview)));
        checkNotStopped();
    }

    /** Adds a finished picture. */
    void finish(GeneratedPicture picture) {
        sender.run(() -> finished.add(picture));
    }

    /** Adds the latents of a picture of a request that ends with them. */
    void finish(StageCLatents latents) {
        finished.add(latents);
    }

    /** Adds the hidden states of a prompt of a request that ends with them. */
    void finish(EncodedPrompt prompt) {
        finished.add(prompt);
    }

    /** Ends the stage. */
    void finishStage() {
        current = at(count.after(current()));
        tell(listener -> listener.onStageFinished(current()));
    }

    private StageProgress at(double progress) {
        return StageProgress.of(current().stage(), current().firstPicture(), current().pictures(), progress);
    }

    private StageProgress current() {
        return requireNonNull(current, "no stage was started");
    }

    private void tell(Consumer<RequestListener> event) {
        request.listener().ifPresent(listener -> sender.run(() -> event.accept(listener)));
    }

    /** Calls a stage; if this thread is interrupted meanwhile, the request is stopped at once. */
    <T> T call(Supplier<T> stage) {
        InterruptWatch watch = InterruptWatch.start(() -> signal.stop(StopSignal.Reason.INTERRUPTED));
        try {
            return stage.get();
        } finally {
            watch.stop();
        }
    }

    void checkNotStopped() {
        if (Thread.currentThread().isInterrupted()) {
            signal.stop(StopSignal.Reason.INTERRUPTED);
        }
        if (signal.reason().isPresent()) {
            throw new Stopped();
        }
    }

    /** Where the request is, for messages. */
    @Override
    public String toString() {
        if (current == null) {
            return "before the first step";
        }
        return "in " + current.stage() + (steps > 0 ? " after " + stepsDone + " of " + steps + " steps" : "");
    }
}
