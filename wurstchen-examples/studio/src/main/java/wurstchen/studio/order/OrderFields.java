package wurstchen.studio.order;

import com.google.common.base.Ascii;
import com.google.common.collect.ImmutableMap;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.BiConsumer;
import java.util.function.Function;
import wurstchen.PictureRequest;
import wurstchen.image.Fit;

/** The values of an order: those that metadata has, which the library reads, and those that are about the whole order. */
final class OrderFields {
    private static final ImmutableMap<String, Setter<?>> OWN = ImmutableMap.of(
            "pictures", new Setter<>("a whole number", Integer::valueOf, PictureRequest.Builder::pictures),
            "batch-size", new Setter<>("a whole number", Integer::valueOf, PictureRequest.Builder::batchSize),
            "strength", new Setter<>("a number", Float::valueOf, PictureRequest.Builder::strength),
            "fit", new Setter<>("crop, pad or stretch", OrderFields::fit, PictureRequest.Builder::fit));

    /** What metadata says beside the request. */
    private static final Set<String> IGNORED = Set.of("model", "model-sha256", "device", "library-version");

    private OrderFields() {}

    /**
     * Sets values.
     *
     * @throws IllegalArgumentException naming the first one that is unknown or malformed
     */
    static void set(PictureRequest.Builder request, Map<String, String> values) {
        Map<String, String> ofMetadata = new LinkedHashMap<>();
        values.forEach((name, text) -> {
            if (PictureRequest.valueNames().contains(name)) {
                ofMetadata.put(name, name.endsWith("-timesteps") ? text.strip().replaceAll("\\s*,\\s*", ", ") : text);
            } else if (OWN.containsKey(name)) {
                OWN.get(name).set(request, name, text);
            } else if (!IGNORED.contains(name)) {
                throw new IllegalArgumentException("unknown name '" + Ascii.truncate(name, 60, "...") + "'; there are " + known());
            }
        });
        request.values(ofMetadata);
    }

    private static String known() {
        Set<String> known = new TreeSet<>(PictureRequest.valueNames());
        known.addAll(OWN.keySet());
        return String.join(", ", known) + ", image, mask, to and cancel-when-left";
    }

    private static Fit fit(String text) {
        return Arrays.stream(Fit.values())
                .filter(fit -> Ascii.toLowerCase(fit.name()).equals(text))
                .findFirst()
                .orElseThrow(NumberFormatException::new);
    }

    private record Setter<T>(String expected, Function<String, T> read, BiConsumer<PictureRequest.Builder, T> target) {
        void set(PictureRequest.Builder request, String name, String text) {
            T value;
            try {
                value = read.apply(text);
            } catch (NumberFormatException e) {
                throw new IllegalArgumentException(
                        "setting '" + name + "' must be " + expected + ", got '" + Ascii.truncate(text, 60, "...") + "'", e);
            }
            target.accept(request, value);
        }
    }
}
