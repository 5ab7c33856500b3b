package wurstchen.studio.job;

import java.util.EnumMap;
import java.util.Map;
import java.util.OptionalDouble;
import wurstchen.PictureSettings;
import wurstchen.progress.CascadeStage;
import wurstchen.progress.CompletedStep;
import wurstchen.progress.RequestListener;
import wurstchen.progress.StageProgress;
import wurstchen.progress.StepPreview;

/** Tells a job what the pipeline does for one of its requests. Used by one thread at a time. */
final class JobListener implements RequestListener {
    private static final double NANOS = 1e9;

    private final Job job;
    private final TimeLeft times;
    private final int requestsBefore;
    private final int requests;
    private final int picturesBefore;
    private final int pictures;
    private final PictureSettings settings;
    private final Map<CascadeStage, Integer> left = new EnumMap<>(CascadeStage.class);
    private long last = System.nanoTime();

    /**
     * Creates one.
     *
     * @param requestsBefore how many requests of the job come before this one, of {@code requests}
     * @param picturesBefore how many pictures they make
     * @param pictures how many this one makes
     */
    JobListener(
            Job job, TimeLeft times, int requestsBefore, int requests, int picturesBefore, int pictures, PictureSettings settings) {
        this.job = job;
        this.times = times;
        this.requestsBefore = requestsBefore;
        this.requests = requests;
        this.picturesBefore = picturesBefore;
        this.pictures = pictures;
        this.settings = settings;
        int rest = (requests - requestsBefore) * pictures;
        float strength = settings.strength().orElse(1f);
        left.put(CascadeStage.STAGE_C, (int) Math.ceil(settings.stageCTimesteps().steps() * strength) * rest);
        left.put(CascadeStage.STAGE_B, settings.stageBTimesteps().steps() * rest);
        left.put(CascadeStage.STAGE_A, rest);
    }

    @Override
    public void onStageStarted(StageProgress stage) {
        last = System.nanoTime();
        say(stage.stage(), 0, 0, stage.firstPicture(), stage.progress());
    }

    @Override
    public void onStep(CompletedStep step) {
        done(step.stage(), step.pictures());
        if (step.firstPicture() == 0 && step.step() == 1) {
            int unknown = (requests - requestsBefore) * pictures * step.steps() - step.pictures();
            left.put(step.stage(), unknown);
        }
        say(step.stage(), step.step(), step.steps(), step.firstPicture(), step.progress());
    }

    @Override
    public void onPreview(StepPreview preview) {
        job.preview(preview.stage(), picturesBefore + preview.firstPicture(), preview.pictures());
        last = System.nanoTime();
    }

    @Override
    public void onStageFinished(StageProgress stage) {
        if (stage.stage() == CascadeStage.STAGE_A) {
            done(stage.stage(), stage.pictures());
        }
    }

    private void done(CascadeStage stage, int batch) {
        long now = System.nanoTime();
        times.took(stage, (now - last) / NANOS, pixels() * batch);
        last = now;
        left.merge(stage, -batch, Integer::sum);
    }

    private long pixels() {
        return (long) settings.width() * settings.height();
    }

    private void say(CascadeStage stage, int step, int steps, int firstPicture, double progress) {
        OptionalDouble seconds = times.of(left, pixels());
        job.stage(stage, step, steps, picturesBefore + firstPicture, (requestsBefore + progress) / requests, seconds);
    }
}
