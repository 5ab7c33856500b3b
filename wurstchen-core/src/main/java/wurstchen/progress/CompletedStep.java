package wurstchen.progress;

import static com.google.common.base.Preconditions.checkArgument;
import static com.google.common.base.Preconditions.checkNotNull;

import wurstchen.stage.Latents;

/** A denoising step that was just done. Immutable, but for the latents, which belong to the run. */
public final class CompletedStep {
    private final StageProgress stage;
    private final int step;
    private final int steps;
    private final Latents latents;

    private CompletedStep(StageProgress stage, int step, int steps, Latents latents) {
        this.stage = stage;
        this.step = step;
        this.steps = steps;
        this.latents = latents;
    }

    /**
     * Returns what a listener hears.
     *
     * @param stage Stage C or Stage B, for which pictures, and how far the request is after the step
     * @param step 1 to {@code steps}
     * @param steps how many steps the stage does
     * @param latents the latents after the step
     * @return such a step
     * @throws IllegalArgumentException if there is no such step
     */
    public static CompletedStep of(StageProgress stage, int step, int steps, Latents latents) {
        checkArgument(step >= 1 && step <= steps, "a step must be 1 to %s, got %s", steps, step);
        return new CompletedStep(checkNotNull(stage, "stage"), step, steps, checkNotNull(latents, "latents"));
    }

    /**
     * Returns the stage.
     *
     * @return Stage C or Stage B
     */
    public CascadeStage stage() {
        return stage.stage();
    }

    /**
     * Returns where the batch begins in the request.
     *
     * @return index of the batch's first picture
     */
    public int firstPicture() {
        return stage.firstPicture();
    }

    /**
     * Returns how many pictures are made together.
     *
     * @return pictures in the batch
     */
    public int pictures() {
        return stage.pictures();
    }

    /**
     * Returns which step it was.
     *
     * @return 1 to {@link #steps}
     */
    public int step() {
        return step;
    }

    /**
     * Returns how many steps the stage does for this batch.
     *
     * @return at least 1
     */
    public int steps() {
        return steps;
    }

    /**
     * Returns the share of the whole request that is done, see {@link StageProgress#progress}.
     *
     * @return above 0, below 1
     */
    public double progress() {
        return stage.progress();
    }

    /**
     * Returns the latents after the step.
     *
     * @return [pictures, channels, height, width], owned by the run, valid during the listener's call only; reading them costs a copy to the
     *     host
     */
    public Latents latents() {
        return latents;
    }

    @Override
    public String toString() {
        return "CompletedStep[" + step + " of " + steps + ", " + stage + "]";
    }
}
