package wurstchen;

import static com.google.common.base.Preconditions.checkNotNull;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import wurstchen.internal.FlatJson;

/**
 * Everything that is known of how a picture was made: what a file of it carries as text. Immutable.
 *
 * <p>In a PNG file the text is {@value #JSON} (one JSON object that {@link #fromJson} reads), {@value #PARAMETERS} (what other tools show), and
 * each value under its own name.
 *
 * {@snippet class="wurstchen.snippets.MetadataSnippetsTest" region="again"}
 *
 * @param settings everything that decides what the picture looks like, for the same model
 * @param origin the model, the device and the library
 */
public record PictureMetadata(PictureSettings settings, PictureOrigin origin) {
    /** The keyword of the JSON object in a PNG file. */
    public static final String JSON = "wurstchen";

    /** The keyword under which other tools look for settings that people read. */
    public static final String PARAMETERS = "parameters";

    /** Checks that both are there. */
    public PictureMetadata {
        checkNotNull(settings, "settings");
        checkNotNull(origin, "origin");
    }

    /**
     * Reads what a PNG file carries.
     *
     * @param text the file's text, see {@link wurstchen.image.Png#text}: either the JSON object, or each value under its own name
     * @return the same metadata
     * @throws IllegalArgumentException if a value is missing or malformed
     */
    public static PictureMetadata fromText(Map<String, String> text) {
        String json = text.get(JSON);
        return json != null ? fromJson(json) : read(text);
    }

    /**
     * Reads what {@link #toJson} wrote.
     *
     * @param json one JSON object; names that are not known are ignored
     * @return the same metadata
     * @throws IllegalArgumentException if it is no JSON object, or a value is missing or malformed
     */
    public static PictureMetadata fromJson(String json) {
        return read(FlatJson.read(json));
    }

    /**
     * Reads the values of a JSON object, such as those that {@link PictureRequest.Builder#values} takes.
     *
     * @param json one object of texts, numbers, true, false, and lists of numbers
     * @return names to texts in their order; the numbers of a list have {@code ", "} between them
     * @throws IllegalArgumentException if it is anything else, or a name is there twice
     */
    public static Map<String, String> valuesOf(String json) {
        return FlatJson.read(json);
    }

    private static PictureMetadata read(Map<String, String> values) {
        return new PictureMetadata(PictureSettings.fromText(values), PictureOrigin.fromText(values));
    }

    private Map<String, String> values() {
        Map<String, String> values = new LinkedHashMap<>(settings.toText());
        values.putAll(origin.toText());
        return values;
    }

    /**
     * Returns the metadata as JSON that comes back by {@link #fromJson}.
     *
     * @return one JSON object on one line; numbers are JSON numbers, timesteps an array
     */
    public String toJson() {
        return FlatJson.write(values(), SettingsText::isNumber, SettingsText::isList);
    }

    /**
     * Returns the text that a PNG file carries.
     *
     * @return keywords to text, in the order in which a reader wants them; immutable
     */
    public Map<String, String> toText() {
        Map<String, String> text = values();
        text.put(PARAMETERS, toParameters());
        text.put(JSON, toJson());
        return Collections.unmodifiableMap(text);
    }

    /**
     * Returns the settings in the form that other tools show. Their steps, scale and seed are those of Stage C. The source of the form is the
     * web user interface of AUTOMATIC1111, where files carry it under {@value #PARAMETERS}.
     *
     * @return the prompt, the negative prompt if there is one, and a line of names and values
     */
    public String toParameters() {
        StringBuilder text = new StringBuilder(settings.prompt()).append('\n');
        if (!settings.negativePrompt().isEmpty()) {
            text.append("Negative prompt: ").append(settings.negativePrompt()).append('\n');
        }
        Map<String, String> line = new LinkedHashMap<>();
        line.put("Steps", Integer.toString(settings.stageCTimesteps().steps()));
        line.put("Sampler", "DDPM Wuerstchen");
        line.put("CFG scale", Float.toString(settings.stageCGuidance().scale()));
        line.put("Seed", Long.toString(settings.seed()));
        line.put("Size", settings.width() + "x" + settings.height());
        if (!origin.modelSha256().isEmpty()) {
            line.put("Model hash", origin.modelSha256().substring(0, Math.min(10, origin.modelSha256().length())));
        }
        if (!origin.model().isEmpty()) {
            line.put("Model", origin.model());
        }
        line.put("Stage B steps", Integer.toString(settings.stageBTimesteps().steps()));
        line.put("Stage B CFG scale", Float.toString(settings.stageBGuidance().scale()));
        line.put("Version", ("wurstchen " + origin.library()).strip());
        line.forEach((name, value) -> text.append(name).append(": ").append(quoted(value)).append(", "));
        return text.substring(0, text.length() - 2);
    }

    /** A value with a comma would end too early. */
    private static String quoted(String value) {
        return value.matches("[^,:\"\n]*") ? value : '"' + value.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
    }
}
