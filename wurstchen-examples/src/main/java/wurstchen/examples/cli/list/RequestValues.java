package wurstchen.examples.cli.list;

import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.BiConsumer;
import picocli.CommandLine.TypeConversionException;
import wurstchen.PictureRequest;
import wurstchen.examples.cli.option.OptionValues;

/** Values of a request under the names of the options, which are those of the metadata. */
final class RequestValues {
    private static final Map<String, BiConsumer<PictureRequest.Builder, String>> SETTERS = Map.of(
            "prompt", PictureRequest.Builder::prompt,
            "negative-prompt", PictureRequest.Builder::negativePrompt,
            "seed", (request, text) -> request.seed(OptionValues.seed(text)),
            "width", (request, text) -> request.width(OptionValues.integer(text)),
            "height", (request, text) -> request.height(OptionValues.integer(text)),
            "stage-c-steps", (request, text) -> request.stageCSteps(OptionValues.integer(text)),
            "stage-c-guidance", (request, text) -> request.stageCGuidance(OptionValues.number(text)),
            "stage-b-steps", (request, text) -> request.stageBSteps(OptionValues.integer(text)),
            "stage-b-guidance", (request, text) -> request.stageBGuidance(OptionValues.number(text)));

    /** Set last: metadata has the number of steps as well. */
    private static final Map<String, BiConsumer<PictureRequest.Builder, String>> LAST = Map.of(
            "prompt-weights", (request, text) -> request.promptWeights(bool(text)),
            "long-prompts", (request, text) -> request.longPrompts(OptionValues.longPrompts(text)),
            "stage-c-timesteps", (request, text) -> request.stageCTimesteps(OptionValues.timesteps(text)),
            "stage-b-timesteps", (request, text) -> request.stageBTimesteps(OptionValues.timesteps(text)));

    /** What metadata says beside the request: that the same line can be made again is no reason to refuse it. */
    private static final Set<String> IGNORED = Set.of("model", "model-sha256", "device", "batch-size", "library-version", "file", "made");

    private RequestValues() {}

    /**
     * Sets values.
     *
     * @throws IllegalArgumentException naming the first one that is unknown or malformed
     */
    static void set(PictureRequest.Builder request, Map<String, String> values) {
        values.forEach((name, text) -> {
            if (SETTERS.containsKey(name)) {
                set(request, name, text, SETTERS.get(name));
            } else if (!LAST.containsKey(name) && !IGNORED.contains(name)) {
                Set<String> known = new TreeSet<>(SETTERS.keySet());
                known.addAll(LAST.keySet());
                throw new IllegalArgumentException("unknown name '" + name + "'; there are " + String.join(", ", known));
            }
        });
        values.forEach((name, text) -> {
            if (LAST.containsKey(name)) {
                set(request, name, text, LAST.get(name));
            }
        });
    }

    private static boolean bool(String text) {
        if (!text.equals("true") && !text.equals("false")) {
            throw new IllegalArgumentException("expected true or false, got '" + text + "'");
        }
        return text.equals("true");
    }

    private static void set(
            PictureRequest.Builder request, String name, String text, BiConsumer<PictureRequest.Builder, String> setter) {
        try {
            setter.accept(request, text);
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("'" + name + "' must be a number in the option's range, got '" + text + "'", e);
        } catch (IllegalArgumentException | TypeConversionException e) {
            throw new IllegalArgumentException("'" + name + "': " + e.getMessage(), e);
        }
    }
}
