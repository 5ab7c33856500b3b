package wurstchen.examples.cli.output;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import picocli.CommandLine;
import wurstchen.DroppedText;
import wurstchen.PictureResult;
import wurstchen.PictureSettings;
import wurstchen.progress.CascadeStage;

/** What a run prints: results on standard output, warnings on standard error. */
public final class RunReport {
    private final PrintWriter out;
    private final PrintWriter err;

    public RunReport(CommandLine command) {
        out = command.getOut();
        err = command.getErr();
    }

    public void loaded(String model, Duration took) {
        out.println("model " + model + ", loaded in " + seconds(took));
        out.flush();
    }

    public void note(String text) {
        err.println("wurstchen: note: " + text);
        err.flush();
    }

    private void warn(PictureResult result, String prompt) {
        Map<String, Set<CascadeStage>> stages = new LinkedHashMap<>();
        for (DroppedText text : result.droppedTexts()) {
            String which = text.prompt().equals(prompt) ? "prompt" : "negative prompt";
            String cut = "the " + which + " is too long, its end was not used: \"" + text.dropped() + "\"";
            stages.computeIfAbsent(cut, key -> new TreeSet<>()).add(text.stage());
        }
        stages.forEach((cut, by) -> err.println("wurstchen: warning: " + by.stream()
                .map(CascadeStage::toString)
                .collect(Collectors.joining(" and ")) + ": " + cut));
        result.notes().forEach(note -> err.println("wurstchen: warning: " + note));
        err.flush();
    }

    public void wrote(Path file, PictureSettings settings) {
        out.println("wrote " + file + ", " + settings.width() + " x " + settings.height() + " px, seed " + settings.seed());
        out.flush();
    }

    /** {@code prompt}: what was asked for, which may have been cut. */
    public void finish(PictureResult result, String prompt) {
        warn(result, prompt);
        Map<CascadeStage, Duration> durations = result.durations();
        Duration all = durations.values().stream().reduce(Duration.ZERO, Duration::plus);
        String stages = durations.entrySet().stream()
                .map(entry -> entry.getKey() + " " + seconds(entry.getValue()))
                .collect(Collectors.joining(", "));
        out.println(stages + "; together " + seconds(all));
    }

    private static String seconds(Duration duration) {
        return String.format(Locale.ROOT, "%.2f s", duration.toNanos() / 1e9);
    }
}
