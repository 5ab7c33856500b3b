package wurstchen.examples.cli.output;

import java.util.List;
import wurstchen.progress.CompletedStep;
import wurstchen.progress.RequestListener;
import wurstchen.progress.StageProgress;
import wurstchen.progress.StepPreview;

/**
 * Several listeners of one request.
 *
 * @param all hear in this order
 */
public record Listeners(List<RequestListener> all) implements RequestListener {
    @Override
    public void onStageStarted(StageProgress stage) {
        all.forEach(listener -> listener.onStageStarted(stage));
    }

    @Override
    public void onStep(CompletedStep step) {
        all.forEach(listener -> listener.onStep(step));
    }

    @Override
    public void onPreview(StepPreview preview) {
        all.forEach(listener -> listener.onPreview(preview));
    }

    @Override
    public void onStageFinished(StageProgress stage) {
        all.forEach(listener -> listener.onStageFinished(stage));
    }
}
