package wurstchen.examples.benchmark;

import java.io.PrintWriter;
import java.util.Locale;
import java.util.OptionalLong;
import wurstchen.PictureSettings;
import wurstchen.progress.CascadeStage;
import wurstchen.progress.StagePhase;
import wurstchen.stage.Transfers;

/** A benchmark for readers. */
public final class BenchmarkTable {
    private final PrintWriter out;

    public BenchmarkTable(PrintWriter out) {
        this.out = out;
    }

    public void print(Machine machine, Benchmark benchmark, OptionalLong peakProcessBytes) {
        about(machine, benchmark);
        times(benchmark);
        out.printf(
                Locale.ROOT,
                "%.2f pictures per second, by the median of %d later requests%n",
                benchmark.picturesPerSecond(),
                benchmark.warm().size());
        copies(benchmark);
        line("GPU memory", benchmark.peakDeviceBytes(), "none, or not known");
        line("process memory", peakProcessBytes, "not known");
        benchmark.notes().forEach(note -> out.println("note: " + note));
        out.flush();
    }

    private void about(Machine machine, Benchmark benchmark) {
        PictureSettings settings = benchmark.settings();
        out.println("hardware: " + benchmark.hardware());
        out.println("machine:  " + machine.processors() + " processors, " + machine.os() + ", " + machine.java() + ", " + machine.date());
        out.println("engine:   " + benchmark.engine() + (benchmark.lowMemory() ? ", low memory" : ""));
        out.println("model:    " + benchmark.model().name() + ", " + benchmark.model().precision() + ", weights stored as "
                + benchmark.model().weights());
        out.println("request:  " + benchmark.pictures() + (benchmark.pictures() == 1 ? " picture" : " pictures") + ", " + benchmark.batchSize()
                + " at a time, " + settings.width() + " x " + settings.height() + " px; Stage C "
                + settings.stageCTimesteps().steps() + " steps, guidance " + settings.stageCGuidance().scale() + "; Stage B "
                + settings.stageBTimesteps().steps() + " steps, guidance " + settings.stageBGuidance().scale());
        out.printf(
                Locale.ROOT,
                "start:    %.0f ms to read and verify the model, %.0f ms to open its graphs%n%n",
                benchmark.verify(),
                benchmark.open());
    }

    /** Milliseconds of a request. */
    private void times(Benchmark benchmark) {
        out.printf("%-10s %10s %10s %10s %10s %10s %10s%n", "ms", "first", "later", "fastest", "slowest", "a step", "first:later");
        for (CascadeStage stage : CascadeStage.values()) {
            int steps = benchmark.steps(stage);
            Spread warm = benchmark.warm(stage);
            row(stage.toString(), benchmark.cold().millis(stage), warm, steps == 0 ? "" : millis(warm.median() / steps));
        }
        row("together", benchmark.cold().millis(), benchmark.warmTogether(), "");
        out.println();
    }

    private void row(String name, double cold, Spread warm, String step) {
        out.printf(
                Locale.ROOT,
                "%-10s %10s %10s %10s %10s %10s %10.2f%n",
                name,
                millis(cold),
                millis(warm.median()),
                millis(warm.min()),
                millis(warm.max()),
                step,
                cold / warm.median());
    }

    private static String millis(double millis) {
        return String.format(Locale.ROOT, "%.2f", millis);
    }

    /** Bytes that a request copies. */
    private void copies(Benchmark benchmark) {
        out.println();
        out.printf("%-10s %22s %22s %22s%n", "bytes", "before the steps", "during the steps", "after the steps");
        for (CascadeStage stage : CascadeStage.values()) {
            out.printf(
                    "%-10s %22s %22s %22s%n",
                    stage,
                    bytes(benchmark.transfers().of(stage, StagePhase.BEFORE_STEPS)),
                    bytes(benchmark.transfers().of(stage, StagePhase.STEPS)),
                    bytes(benchmark.transfers().of(stage, StagePhase.AFTER_STEPS)));
        }
        out.println("(to the device + back to the host)");
        out.println();
    }

    private static String bytes(Transfers transfers) {
        return String.format(Locale.ROOT, "%,d + %,d", transfers.bytesToDevice(), transfers.bytesToHost());
    }

    private void line(String name, OptionalLong bytes, String otherwise) {
        String most = bytes.isPresent() ? String.format(Locale.ROOT, "%,d MB at most", bytes.getAsLong() / 1_000_000) : otherwise;
        out.printf("%-15s %s%n", name + ":", most);
    }
}
