package wurstchen.examples.cli.output;

import com.fasterxml.jackson.core.io.JsonStringEncoder;
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
import wurstchen.PictureMetadata;
import wurstchen.PictureResult;
import wurstchen.PictureSettings;
import wurstchen.progress.CascadeStage;
import wurstchen.text.VisibleText;

/** What a run prints: results on standard output, warnings on standard error. */
public final class RunReport {
    private final PrintWriter out;
    private final PrintWriter err;
    private final Audience audience;

    /** Who reads standard output. */
    public enum Audience {
        /** A person: lines of text. */
        PEOPLE,
        /** A script: a JSON object for each picture. */
        SCRIPT,
        /** A program that takes the picture itself: text goes to standard error. */
        PICTURE_READER
    }

    /**
     * Creates a report.
     *
     * @param command whose outputs are written to
     */
    public RunReport(CommandLine command, Audience audience) {
        out = audience == Audience.PICTURE_READER ? command.getErr() : command.getOut();
        err = command.getErr();
        this.audience = audience;
    }

    private void say(String line) {
        if (audience != Audience.SCRIPT) {
            out.println(line);
            out.flush();
        }
    }

    public void loaded(String model, Duration took) {
        say("model " + model + ", loaded in " + seconds(took));
    }

    public void note(String text) {
        err.println("wurstchen: note: " + VisibleText.of(text));
        err.flush();
    }

    /** {@code prompt}: what was asked for, which may have been cut. */
    public void warn(PictureResult result, String prompt) {
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

    /** A picture was written. */
    public void wrote(Path file, PictureMetadata metadata) {
        PictureSettings settings = metadata.settings();
        say("wrote " + file + ", " + settings.width() + " x " + settings.height() + " px, seed " + settings.seed());
        tellScript(file, true, metadata);
    }

    /** Stage C's latents of a picture were written. */
    public void wroteLatents(Path file, PictureMetadata metadata) {
        PictureSettings settings = metadata.settings();
        say("wrote " + file + ", Stage C latents of " + settings.width() + " x " + settings.height() + " px, seed " + settings.seed());
        tellScript(file, true, metadata);
    }

    /** A picture of the list was there. */
    public void kept(Path file, PictureMetadata metadata) {
        say("kept " + file + ", seed " + metadata.settings().seed());
        tellScript(file, false, metadata);
    }

    private void tellScript(Path file, boolean made, PictureMetadata metadata) {
        if (audience == Audience.SCRIPT) {
            String name = String.valueOf(JsonStringEncoder.getInstance().quoteAsString(file.toString()));
            out.println("{\"file\":\"" + name + "\",\"made\":" + made + "," + metadata.toJson().substring(1));
            out.flush();
        }
    }

    /** A list is done. */
    public void finishList(int made, int kept, Duration took) {
        say((made + kept) + " pictures: " + made + " made in " + seconds(took) + ", " + kept + " were there");
    }

    /** {@code prompt}: what was asked for, which may have been cut. */
    public void finish(PictureResult result, String prompt) {
        warn(result, prompt);
        Map<CascadeStage, Duration> durations = result.durations();
        Duration all = durations.values().stream().reduce(Duration.ZERO, Duration::plus);
        String stages = durations.entrySet().stream()
                .map(entry -> entry.getKey() + " " + seconds(entry.getValue()))
                .collect(Collectors.joining(", "));
        say(stages + "; together " + seconds(all));
    }

    private static String seconds(Duration duration) {
        return String.format(Locale.ROOT, "%.2f s", duration.toNanos() / 1e9);
    }
}
