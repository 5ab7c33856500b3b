package wurstchen.examples.cli;

import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/** What somebody may have meant who typed an unknown option or command. */
final class Suggestion {
    /** What the options of other tools are called here: of diffusers' arguments, sd.cpp, mold and ComfyUI. */
    private static final Map<String, List<String>> ELSEWHERE = Map.ofEntries(
            Map.entry("--steps", List.of("--stage-c-steps", "--stage-b-steps")),
            Map.entry("--num-inference-steps", List.of("--stage-b-steps")),
            Map.entry("--prior-num-inference-steps", List.of("--stage-c-steps")),
            Map.entry("--cfg-scale", List.of("--stage-c-guidance", "--stage-b-guidance")),
            Map.entry("--cfg", List.of("--stage-c-guidance", "--stage-b-guidance")),
            Map.entry("--guidance", List.of("--stage-c-guidance", "--stage-b-guidance")),
            Map.entry("--guidance-scale", List.of("--stage-c-guidance", "--stage-b-guidance")),
            Map.entry("--prior-guidance-scale", List.of("--stage-c-guidance")),
            Map.entry("--num-images-per-prompt", List.of("--pictures")),
            Map.entry("--batch-count", List.of("--pictures")),
            Map.entry("--count", List.of("--pictures")),
            Map.entry("--images", List.of("--pictures")),
            Map.entry("--output", List.of("--out")),
            Map.entry("--negative", List.of("--negative-prompt")),
            Map.entry("--neg", List.of("--negative-prompt")),
            Map.entry("--size", List.of("--width", "--height")),
            Map.entry("--gpu", List.of("--device")),
            Map.entry("--batch", List.of("--batch-size", "--pictures")));

    private Suggestion() {}

    /** Returns the end of a message; empty if nothing comes near. */
    static String forOption(String typed, CommandSpec command) {
        String name = typed.contains("=") ? typed.substring(0, typed.indexOf('=')) : typed;
        List<String> names = command.options().stream().filter(option -> !option.hidden()).map(OptionSpec::longestName).toList();
        List<String> meant = ELSEWHERE.getOrDefault(name, List.of()).stream().filter(names::contains).toList();
        if (meant.isEmpty()) {
            meant = nearest(name, names).stream().toList();
        }
        if (!meant.isEmpty()) {
            return "; did you mean " + String.join(" or ", meant) + "?";
        }
        boolean takesPrompt = names.contains("--prompt");
        return takesPrompt && (!name.startsWith("--") || name.contains(" ")) ? "; a prompt that begins with - goes behind --, or into --prompt TEXT" : "";
    }

    /** Returns the end of a message. */
    static String forCommand(String typed, Collection<String> commands) {
        return nearest(typed, commands)
                .map(command -> "; did you mean " + command + "?")
                .orElse("; the commands are " + String.join(", ", commands));
    }

    /** Returns the name with the fewest changes, at most one for every three letters. */
    private static Optional<String> nearest(String typed, Collection<String> names) {
        Stream<String> near = names.stream().filter(name -> distance(typed, name) <= name.replace("-", "").length() / 3);
        return near.min(Comparator.comparingInt(name -> distance(typed, name)));
    }

    /** Levenshtein's distance: letters to insert, delete or replace. */
    private static int distance(String a, String b) {
        int[] row = new int[b.length() + 1];
        for (int j = 0; j <= b.length(); j++) {
            row[j] = j;
        }
        for (int i = 1; i <= a.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.length(); j++) {
                int replaced = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.min(replaced, Math.min(row[j], row[j - 1]) + 1);
            }
        }
        return row[b.length()];
    }
}
