package wurstchen.progress;

import static com.google.common.base.Preconditions.checkArgument;
import static com.google.common.base.Preconditions.checkNotNull;

import java.util.List;
import wurstchen.image.Picture;

/** What the pictures of a batch are going to look like, as a denoising step predicts it. Immutable. */
public final class StepPreview {
    private final StageProgress stage;
    private final int step;
    private final int steps;
    private final List<Picture> pictures;

    private StepPreview(StageProgress stage, int step, int steps, List<Picture> pictures) {
        this.stage = stage;
        this.step = step;
        this.steps = steps;
        this.pictures = pictures;
    }

    /**
     * Returns what a listener gets.
     *
     * @param stage Stage C or Stage B, for which pictures, and how far the request is after the step
     * @param step 1 to {@code steps}
     * @param steps how many steps the stage does
     * @param pictures one for each picture of the batch
     * @return such a preview
     * @throws IllegalArgumentException if there is no such step, or the pictures are not as many as the batch has
     */
    public static StepPreview of(StageProgress stage, int step, int steps, List<Picture> pictures) {
        checkNotNull(stage, "stage");
        checkArgument(step >= 1 && step <= steps, "a step must be 1 to %s, got %s", steps, step);
        checkArgument(
                pictures.size() == stage.pictures(), "a batch of %s pictures needs as many previews, got %s", stage.pictures(), pictures.size());
        return new StepPreview(stage, step, steps, List.copyOf(pictures));
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
     * @return above 0, at most 1
     */
    public double progress() {
        return stage.progress();
    }

    /**
     * Returns the previews.
     *
     * @return one for each picture of the batch, immutable; from the model's projection they are smaller than the pictures
     */
    public List<Picture> pictures() {
        return pictures;
    }

    @Override
    public String toString() {
        return "StepPreview[" + step + " of " + steps + ", " + stage + ", " + pictures + "]";
    }
}
