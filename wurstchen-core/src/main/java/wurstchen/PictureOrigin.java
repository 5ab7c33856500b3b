package wurstchen;

import static com.google.common.base.Preconditions.checkArgument;
import static com.google.common.base.Preconditions.checkNotNull;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What made a picture, beside its settings. Texts are empty where it is not known.
 *
 * @param model the model's name
 * @param modelSha256 the SHA-256 of the model's manifest, 64 hexadecimal digits: it identifies the whole model
 * @param device the runtime and device, as {@link PictureResult#engine} says
 * @param batchSize how many pictures were made with it at a time; with more than one, a pixel may differ by 1 from the picture made alone
 * @param library the version of this library
 */
public record PictureOrigin(String model, String modelSha256, String device, int batchSize, String library) {
    /** Of a picture of which nothing is known but its settings. */
    public static final PictureOrigin UNKNOWN = new PictureOrigin("", "", "", 1, "");

    private static final String MODEL = "model";
    private static final String MODEL_SHA256 = "model-sha256";
    private static final String DEVICE = "device";
    private static final String BATCH_SIZE = "batch-size";
    private static final String LIBRARY = "library-version";

    /**
     * Checks the values.
     *
     * @throws IllegalArgumentException if the batch has no picture
     */
    public PictureOrigin {
        checkNotNull(model, "model");
        checkNotNull(modelSha256, "SHA-256 of the model");
        checkNotNull(device, "device");
        checkArgument(batchSize >= 1, "batch size must be at least 1, got %s", batchSize);
        checkNotNull(library, "library version");
    }

    /** Returns what is known, as names to values. */
    Map<String, String> toText() {
        Map<String, String> text = new LinkedHashMap<>();
        put(text, MODEL, model);
        put(text, MODEL_SHA256, modelSha256);
        put(text, DEVICE, device);
        text.put(BATCH_SIZE, Integer.toString(batchSize));
        put(text, LIBRARY, library);
        return Collections.unmodifiableMap(text);
    }

    private static void put(Map<String, String> text, String name, String value) {
        if (!value.isEmpty()) {
            text.put(name, value);
        }
    }

    static PictureOrigin fromText(Map<String, String> text) {
        return new PictureOrigin(
                text.getOrDefault(MODEL, ""),
                text.getOrDefault(MODEL_SHA256, ""),
                text.getOrDefault(DEVICE, ""),
                batchSize(text.getOrDefault(BATCH_SIZE, "1")),
                text.getOrDefault(LIBRARY, ""));
    }

    private static int batchSize(String value) {
        try {
            return Integer.parseInt(value);
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("setting '" + BATCH_SIZE + "' must be a whole number, got '" + value + "'", e);
        }
    }
}
