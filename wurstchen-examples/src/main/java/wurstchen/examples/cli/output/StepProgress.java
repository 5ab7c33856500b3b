package wurstchen.examples.cli.output;

import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;
import wurstchen.progress.CompletedStep;
import wurstchen.progress.RequestListener;

/** A progress bar for each stage, on standard error. Close it to finish a bar that a failure left. */
public final class StepProgress implements RequestListener, AutoCloseable {
    private static final int WIDTH = 80;

    private final boolean shown;
    private ProgressBar bar;

    public StepProgress(Terminal terminal) {
        shown = terminal == Terminal.WATCHED;
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

    private static ProgressBar open(CompletedStep step) {
        return new ProgressBarBuilder()
                .setTaskName(step.stage().toString())
                .setInitialMax(step.steps())
                .setStyle(ProgressBarStyle.ASCII)
                .setUpdateIntervalMillis(100)
                .setConsumer(new ConsoleProgressBarConsumer(System.err, WIDTH))
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
