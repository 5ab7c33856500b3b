package wurstchen.examples.cli.output;

import java.io.PrintWriter;
import java.time.Duration;
import java.util.Locale;
import java.util.function.LongSupplier;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;
import wurstchen.progress.CompletedStep;
import wurstchen.progress.RequestListener;
import wurstchen.progress.StageProgress;

/**
 * How far a job of one request or more is, on standard error: loading, every stage, the whole. At a screen a bar; elsewhere a line now and
 * then, once the job is long. Close it to finish the bar.
 */
public final class JobProgress implements RequestListener, AutoCloseable {
    private static final int MOST_WIDTH = 80;

    /** Of the bar. */
    private static final int UNITS = 1000;

    private static final Duration BETWEEN_LINES = Duration.ofSeconds(15);

    private final PrintWriter err;
    private final String task;
    private final int requests;
    private final LongSupplier nanos;
    private final long start;
    private final boolean watched;
    private final int width;
    private ProgressBar bar;
    private boolean making;
    private int finishedRequests;
    private long lastLine;

    /**
     * Begins with loading.
     *
     * @param terminal whether somebody watches
     * @param err where lines go
     * @param requests of the whole job, each as long as the others
     */
    public JobProgress(Terminal terminal, PrintWriter err, int requests) {
        this(terminal, err, "making", requests, widthOf(terminal), System::nanoTime);
    }

    JobProgress(Terminal terminal, PrintWriter err, String task, int requests, int width, LongSupplier nanos) {
        this.err = err;
        this.task = task;
        this.requests = requests;
        this.nanos = nanos;
        start = nanos.getAsLong();
        lastLine = start;
        watched = terminal == Terminal.WATCHED;
        this.width = Math.min(width, MOST_WIDTH);
        bar = watched ? open("loading", -1) : null;
    }

    /** Begins a job that makes no pictures; {@link #show} says how far it is. */
    public static JobProgress of(String task, Terminal terminal, PrintWriter err) {
        return new JobProgress(terminal, err, task, 1, widthOf(terminal), System::nanoTime);
    }

    private static int widthOf(Terminal terminal) {
        return terminal == Terminal.WATCHED ? Terminal.width() : 0;
    }

    /** {@code most} below 0: nobody knows how long it takes. */
    private ProgressBar open(String task, long most) {
        return new ProgressBarBuilder()
                .setTaskName(task)
                .setInitialMax(most)
                .setStyle(ProgressBarStyle.ASCII)
                .setUpdateIntervalMillis(100)
                .setConsumer(new ConsoleProgressBarConsumer(System.err, width))
                .build();
    }

    @Override
    public void onStageStarted(StageProgress stage) {
        show(stage.stage().toString(), stage.progress());
    }

    @Override
    public void onStep(CompletedStep step) {
        show(step.stage().toString(), step.progress());
    }

    @Override
    public void onStageFinished(StageProgress stage) {
        show(stage.stage().toString(), stage.progress());
    }

    /** A request is finished, or was not needed. */
    public void requestDone() {
        finishedRequests++;
    }

    /**
     * Says how far the job is.
     *
     * @param stage or whatever is worked on
     * @param progress of the request, 0 to 1
     */
    public void show(String stage, double progress) {
        double share = (finishedRequests + progress) / requests;
        String where = stage + (requests == 1 ? "" : " of picture " + (finishedRequests + 1) + " of " + requests);
        if (watched) {
            draw(where, share);
        } else if (nanos.getAsLong() - lastLine >= BETWEEN_LINES.toNanos()) {
            lastLine = nanos.getAsLong();
            long seconds = Duration.ofNanos(lastLine - start).toSeconds();
            err.println(String.format(Locale.ROOT, "wurstchen: %.1f %% after %d s, in %s", 100 * share, seconds, where));
            err.flush();
        }
    }

    private void draw(String where, double share) {
        if (!making) {
            finish();
            making = true;
            bar = open(task, UNITS);
        }
        bar.setExtraMessage(where);
        bar.stepTo(Math.round(share * UNITS));
    }

    /** Ends the bar, so that other lines can follow. */
    public void finish() {
        if (bar != null) {
            bar.close();
            bar = null;
        }
    }

    @Override
    public void close() {
        finish();
    }
}
