package wurstchen.spark;

import java.io.PrintStream;
import java.io.Serializable;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.util.LongAccumulator;

/** Says on the driver how far a job is, every few seconds, as tasks end. */
final class Progress implements AutoCloseable {
    private final LongAccumulator made;
    private final LongAccumulator refused;
    private final PrintStream out;
    private final Duration interval;
    private final ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor(work -> {
        Thread thread = new Thread(work, "wurstchen-progress");
        thread.setDaemon(true);
        return thread;
    });
    private long started;
    private long toDo;
    private long said;

    Progress(SparkSession spark, PrintStream out, Duration interval) {
        made = spark.sparkContext().longAccumulator("pictures");
        refused = spark.sparkContext().longAccumulator("rows with errors");
        this.out = out;
        this.interval = interval;
    }

    /** What tasks count. A task that is repeated counts its rows again, so that the numbers may be too high until the end. */
    record Counts(LongAccumulator made, LongAccumulator refused) implements Serializable {
        void add(boolean picture) {
            (picture ? made : refused).add(1);
        }
    }

    Counts counts() {
        return new Counts(made, refused);
    }

    long made() {
        return made.value();
    }

    long refused() {
        return refused.value();
    }

    void begin(long found, long missing) {
        toDo = missing;
        started = System.nanoTime();
        out.println("wurstchen: " + missing + " rows to make, " + found + " are there");
        clock.scheduleAtFixedRate(this::say, interval.toMillis(), interval.toMillis(), TimeUnit.MILLISECONDS);
    }

    private void say() {
        long done = made() + refused();
        if (done != said) {
            said = done;
            out.println(line(done, refused(), toDo, Duration.ofNanos(System.nanoTime() - started)));
        }
    }

    static String line(long done, long refused, long toDo, Duration elapsed) {
        double rate = done / Math.max(0.001, elapsed.toMillis() / 1000.0);
        long left = Math.round(Math.max(0, toDo - done) / rate);
        String time = left < 120 ? left + " s" : left < 7200 ? left / 60 + " min" : left / 3600 + " h";
        String errors = refused == 0 ? "" : " (" + refused + " with errors)";
        return String.format(Locale.ROOT, "wurstchen: %d of %d rows%s, %.2f a second, %s left", done, toDo, errors, rate, time);
    }

    @Override
    public void close() {
        clock.shutdownNow();
    }
}
