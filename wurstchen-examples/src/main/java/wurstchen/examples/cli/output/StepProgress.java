package wurstchen.examples.cli.output;

import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;
import wurstchen.progress.CompletedStep;
import wurstchen.progress.RequestListener;

/** A progress bar for each stage, on standard error. Close it to finish a bar that a failure left. */
public final class StepProgress implements RequestListener, AutoCloseable {
    private static final int MOST_WIDTH = 80;

    private final boolean shown;
    private final int width;
    private ProgressBar bar;

    /**
     * Creates one without a bar.
     *
     * @param terminal whether somebody watches
     * @param width characters that fit a line
     */
    public StepProgress(Terminal terminal, int width) {
        shown = terminal == Terminal.WATCHED;
        this.width = Math.min(width, MOST_WIDTH);
    }

    @Override
    public void onStep(CompletedStep step) {
        if (!shown) {
            return;
        }
        if (step.step() == 1) {
            close();
            bar = open(step);
        }
        bar.stepTo(step.step());
        if (step.step() == step.steps()) {
            close();
        }
    }

    private ProgressBar open(CompletedStep step) {
        return new ProgressBarBuilder()
                .setTaskName(step.stage().toString())
                .setInitialMax(step.steps())
                .setStyle(ProgressBarStyle.ASCII)
                .setUpdateIntervalMillis(100)
                .setConsumer(new ConsoleProgressBarConsumer(System.err, width))
                .build();
    }

    @Override
    public void close() {
        if (bar != null) {
            bar.close();
            bar = null;
        }
    }
}
