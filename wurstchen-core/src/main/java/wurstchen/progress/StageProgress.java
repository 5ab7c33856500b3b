package wurstchen.progress;

import static com.google.common.base.Preconditions.checkArgument;
import static com.google.common.base.Preconditions.checkNotNull;

/** A stage that begins or has ended. Immutable. */
public final class StageProgress {
    private final CascadeStage stage;
    private final int firstPicture;
    private final int pictures;
    private final double progress;

    private StageProgress(CascadeStage stage, int firstPicture, int pictures, double progress) {
        this.stage = stage;
        this.firstPicture = firstPicture;
        this.pictures = pictures;
        this.progress = progress;
    }

    /**
     * Returns what a listener hears.
     *
     * @param stage which stage
     * @param firstPicture index of the first picture that it works on, at least 0
     * @param pictures how many pictures it works on, at least 1
     * @param progress the share of the whole request that is done, 0 to 1
     * @return such a stage
     * @throws IllegalArgumentException if a number is out of range
     */
    public static StageProgress of(CascadeStage stage, int firstPicture, int pictures, double progress) {
        checkNotNull(stage, "stage");
        checkArgument(
                firstPicture >= 0 && pictures >= 1 && progress >= 0 && progress <= 1,
                "a stage needs a first picture of at least 0, at least 1 picture and a progress of 0 to 1, got %s, %s and %s",
                firstPicture,
                pictures,
                progress);
        return new StageProgress(stage, firstPicture, pictures, progress);
    }

    /**
     * Returns the stage.
     *
     * @return any of the four
     */
    public CascadeStage stage() {
        return stage;
    }

    /**
     * Returns where the stage's pictures begin in the request.
     *
     * @return index of the batch's first picture; 0 for the text, which is for all of them
     */
    public int firstPicture() {
        return firstPicture;
    }

    /**
     * Returns how many pictures the stage works on.
     *
     * @return pictures of the batch; for the text, of the request
     */
    public int pictures() {
        return pictures;
    }

    /**
     * Returns the share of the whole request that is done, counted in steps: each denoising step of a picture is one, its Stage A is one, and
     * the text is one.
     *
     * @return 0 to 1, never less than before
     */
    public double progress() {
        return progress;
    }

    @Override
    public String toString() {
        return "StageProgress[" + stage + ", pictures " + firstPicture + " to " + (firstPicture + pictures - 1) + ", progress " + progress + "]";
    }
}
