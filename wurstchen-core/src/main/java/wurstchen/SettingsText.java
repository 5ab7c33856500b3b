package wurstchen;

import static com.google.common.base.Preconditions.checkArgument;

import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import wurstchen.sampling.Guidance;
import wurstchen.sampling.Timesteps;

/** Settings as text that people and programs read. Timesteps are written only where they are not evenly spaced. */
final class SettingsText {
    private static final String SEPARATOR = ", ";

    /** The names of values that are numbers. */
    private static final Set<String> NUMBERS = Set.of(
            "seed", "width", "height", "stage-c-steps", "stage-c-guidance", "stage-b-steps", "stage-b-guidance", "batch-size");

    private final Map<String, String> text;

    private SettingsText(Map<String, String> text) {
        this.text = text;
    }

    static Map<String, String> write(PictureSettings settings) {
        Map<String, String> text = new LinkedHashMap<>();
        text.put("prompt", settings.prompt());
        text.put("negative-prompt", settings.negativePrompt());
        text.put("seed", Long.toString(settings.seed()));
        text.put("width", Integer.toString(settings.width()));
        text.put("height", Integer.toString(settings.height()));
        writeStage(text, "stage-c", settings.stageCTimesteps(), settings.stageCGuidance());
        writeStage(text, "stage-b", settings.stageBTimesteps(), settings.stageBGuidance());
        return Collections.unmodifiableMap(text);
    }

    static boolean isList(String name) {
        return name.endsWith("-timesteps");
    }

    static boolean isNumber(String name) {
        return NUMBERS.contains(name);
    }

    private static void writeStage(Map<String, String> text, String stage, Timesteps timesteps, Guidance guidance) {
        text.put(stage + "-steps", Integer.toString(timesteps.steps()));
        if (!timesteps.equals(Timesteps.uniform(timesteps.steps()))) {
            text.put(stage + "-timesteps", join(timesteps.toArray()));
        }
        text.put(stage + "-guidance", Float.toString(guidance.scale()));
    }

    private static String join(float[] ratios) {
        String all = Arrays.toString(ratios);
        return all.substring(1, all.length() - 1);
    }

    /**
     * Reads settings that {@link #write} wrote.
     *
     * @return with nothing left open
     * @throws IllegalArgumentException if one is missing or malformed
     */
    static RequestOptions read(Map<String, String> text) {
        return new SettingsText(text).read();
    }

    private RequestOptions read() {
        PictureRequest.Builder request = PictureRequest.builder(value("prompt", "a text", Function.identity()))
                .negativePrompt(value("negative-prompt", "a text", Function.identity()))
                .seed(value("seed", "a whole number", Long::valueOf))
                .width(value("width", "a whole number", Integer::valueOf))
                .height(value("height", "a whole number", Integer::valueOf))
                .stageCTimesteps(timesteps("stage-c"))
                .stageCGuidance(value("stage-c-guidance", "a number", Float::valueOf))
                .stageBTimesteps(timesteps("stage-b"))
                .stageBGuidance(value("stage-b-guidance", "a number", Float::valueOf));
        return request.build().copyOfOptions();
    }

    private Timesteps timesteps(String stage) {
        return text.containsKey(stage + "-timesteps")
                ? Timesteps.of(value(stage + "-timesteps", "numbers with ', ' between", SettingsText::split))
                : Timesteps.uniform(value(stage + "-steps", "a whole number", Integer::valueOf));
    }

    private static float[] split(String list) {
        String[] parts = list.split(SEPARATOR, -1);
        float[] ratios = new float[parts.length];
        for (int i = 0; i < parts.length; i++) {
            ratios[i] = Float.parseFloat(parts[i]);
        }
        return ratios;
    }

    private <T> T value(String name, String expected, Function<String, T> parse) {
        String value = text.get(name);
        checkArgument(
                value != null,
                "settings need '%s', found only %s",
                name,
                text.keySet().stream().sorted().collect(Collectors.joining(SEPARATOR, "[", "]")));
        try {
            return parse.apply(value);
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("setting '" + name + "' must be " + expected + ", got '" + value + "'", e);
        }
    }
}
