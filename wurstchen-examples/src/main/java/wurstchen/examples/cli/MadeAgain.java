package wurstchen.examples.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import wurstchen.PictureMetadata;

/** The command that makes a picture again. */
final class MadeAgain {
    /** Needs no quotes in a POSIX shell. */
    private static final String PLAIN = "[A-Za-z0-9_%+=:,./-]+";

    /** Of a hash, so many tell files apart. */
    private static final int HASH_DIGITS = 12;

    private MadeAgain() {}

    /**
     * Returns the command as a POSIX shell reads it.
     *
     * @param model the folder of the model; empty for the model in the box
     * @param out the file to write
     */
    static String command(PictureMetadata metadata, String model, String out) {
        return program() + " " + arguments(metadata, model, out).stream().map(MadeAgain::quoted).collect(Collectors.joining(" "));
    }

    /** Returns why no command makes the picture again; empty if one does. */
    static Optional<String> obstacle(PictureMetadata metadata) {
        Set<String> names = metadata.settings().toText().keySet();
        if (names.contains("blend-share")) {
            return Optional.of("it lies between two others, which wurstchen blend takes");
        }
        if (names.contains("encoded-prompt-sha256")) {
            return Optional.of("its prompt was given as hidden states, which only programs can do");
        }
        return Optional.empty();
    }

    /** Returns the arguments: everything that a model's defaults could change is named. */
    static List<String> arguments(PictureMetadata metadata, String model, String out) {
        Map<String, String> values = metadata.settings().toText();
        List<String> words = new ArrayList<>(List.of("generate"));
        values.forEach((name, value) -> {
            if (name.equals("image-prompt-sha256")) {
                parts(value).forEach(hash -> words.addAll(List.of("--image-prompt", fileOf(hash))));
            } else if (name.equals("image-prompt-shares")) {
                parts(value).forEach(share -> words.add("--image-prompt-share=" + share));
            } else if (name.endsWith("-sha256")) {
                // A hash is no file: who makes it again knows which one has it.
                words.addAll(List.of("--" + name.substring(0, name.length() - "-sha256".length()), fileOf(value)));
            } else if (name.equals("prompt")) {
                words.add(value.startsWith("-") ? "--prompt=" + value : value);
            } else if (value.equals("true") && name.equals("prompt-weights")) {
                words.add("--" + name);
            } else if (!(name.equals("negative-prompt") && value.isEmpty())
                    && !(name.endsWith("-steps") && values.containsKey(name.replace("-steps", "-timesteps")))) {
                words.addAll(value.startsWith("-") ? List.of("--" + name + "=" + value) : List.of("--" + name, value));
            }
        });
        if (!model.isEmpty()) {
            words.addAll(List.of("--model", model));
        }
        words.addAll(List.of("--out", out));
        return words;
    }

    private static List<String> parts(String list) {
        return List.of(list.split(", "));
    }

    private static String fileOf(String sha256) {
        return "FILE-OF-" + sha256.substring(0, HASH_DIGITS);
    }

    /** How this program was started. */
    static String program() {
        String launcher = System.getProperty("wurstchen.launcher");
        String classPath = System.getProperty("java.class.path", "");
        if (launcher != null) {
            return quoted(launcher);
        }
        return classPath.endsWith("wurstchen.jar") ? "java -jar " + quoted(classPath) : "wurstchen";
    }

    static String quoted(String word) {
        return word.matches(PLAIN) ? word : "'" + word.replace("'", "'\\''") + "'";
    }
}
