package wurstchen.internal;

import wurstchen.progress.CascadeStage;
import wurstchen.progress.StageProgress;

/**
 * Counts a request in steps: a denoising step of a picture is one, its Stage A is one, and the text of all pictures is one.
 *
 * @param pictures of the request
 * @param stageCSteps of a picture
 * @param stageBSteps of a picture
 * @param stageASteps of a picture: 1, or 0 if the request ends before
 */
public record ProgressCount(int pictures, int stageCSteps, int stageBSteps, int stageASteps) {
    private static final int TEXT = 1;

    /** The share of the request that is done when a stage begins with a batch. */
    public double before(CascadeStage stage, int firstPicture, int batch) {
        return share(stepsBefore(stage, firstPicture, batch));
    }

    /** The share that is done after so many steps of Stage C or Stage B. */
    public double afterSteps(StageProgress stage, int done) {
        return share(stepsBefore(stage.stage(), stage.firstPicture(), stage.pictures()) + (long) stage.pictures() * done);
    }

    /** The share that is done when a stage ends. */
    public double after(StageProgress stage) {
        return switch (stage.stage()) {
            case TEXT -> share(TEXT);
            case STAGE_C -> afterSteps(stage, stageCSteps);
            case STAGE_B -> afterSteps(stage, stageBSteps);
            case STAGE_A -> afterSteps(stage, stageASteps);
        };
    }

    private long stepsBefore(CascadeStage stage, int firstPicture, int batch) {
        long batches = TEXT + firstPicture * stepsOfAPicture();
        return switch (stage) {
            case TEXT -> 0;
            case STAGE_C -> batches;
            case STAGE_B -> batches + (long) batch * stageCSteps;
            case STAGE_A -> batches + (long) batch * (stageCSteps + stageBSteps);
        };
    }

    private long stepsOfAPicture() {
        return stageCSteps + stageBSteps + (long) stageASteps;
    }

    private double share(long steps) {
        return (double) steps / (TEXT + pictures * stepsOfAPicture());
    }
}
