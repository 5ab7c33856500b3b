package wurstchen.examples;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import picocli.CommandLine;
import wurstchen.CascadeStage;
import wurstchen.DroppedText;
import wurstchen.PictureResult;
import wurstchen.PictureSettings;

/** What a run prints: results on standard output, warnings on standard error. */
final class RunReport {
    private final PrintWriter out;
    private final PrintWriter err;
    private final Map<CascadeStage, Duration> durations = new EnumMap<>(CascadeStage.class);
    private boolean warned;

    RunReport(CommandLine command) {
        out = command.getOut();
        err = command.getErr();
    }

    void loaded(String model, Duration took) {
        out.println("model " + model + ", loaded in " + seconds(took));
        out.flush();
    }

    void add(PictureResult result) {
        result.durations().forEach((stage, took) -> durations.merge(stage, took, Duration::plus));
        if (!warned) {
            warn(result);
            result.notes().forEach(note -> err.println("wurstchen: warning: " + note));
            err.flush();
            warned = true; // Every batch has the same prompt.
        }
    }

    private void warn(PictureResult result) {
        String prompt = result.first().settings().prompt();
        Map<String, Set<CascadeStage>> stages = new LinkedHashMap<>();
        for (DroppedText text : result.droppedTexts()) {
            String which = text.prompt().equals(prompt) ? "prompt" : "negative prompt";
            String cut = "the " + which + " is too long, its end was not used: \"" + text.dropped() + "\"";
            stages.computeIfAbsent(cut, key -> new TreeSet<>()).add(text.stage());
        }
        stages.forEach((cut, by) -> err.println("wurstchen: warning: " + by.stream()
                .map(CascadeStage::toString)
                .collect(Collectors.joining(" and ")) + ": " + cut));
        err.flush();
    }

    void wrote(Path file, PictureSettings settings) {
        out.println("wrote " + file + ", " + settings.width() + " x " + settings.height() + " px, seed " + settings.seed());
        out.flush();
    }

    void finish() {
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
