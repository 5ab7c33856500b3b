package wurstchen.studio.order;

import com.google.common.base.Ascii;
import com.google.common.collect.ImmutableMap;
import java.math.BigInteger;
import java.util.Arrays;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import wurstchen.PictureRequest;
import wurstchen.image.Fit;
import wurstchen.sampling.Timesteps;
import wurstchen.text.LongPrompts;

/** The values of a request under the names that the command line's options and the pictures' metadata have. */
final class OrderFields {
    private static final String COUNT = "a whole number of at least 1";
    private static final String NUMBER = "a number";

    private static final ImmutableMap<String, Setter> SETTERS = ImmutableMap.<String, Setter>builder()
            .put("prompt", PictureRequest.Builder::prompt)
            .put("negative-prompt", PictureRequest.Builder::negativePrompt)
            .put("seed", setter("a whole number of 64 bits", OrderFields::seed, PictureRequest.Builder::seed))
            .put("width", setter(COUNT, Integer::valueOf, PictureRequest.Builder::width))
            .put("height", setter(COUNT, Integer::valueOf, PictureRequest.Builder::height))
            .put("pictures", setter(COUNT, Integer::valueOf, PictureRequest.Builder::pictures))
            .put("batch-size", setter(COUNT, Integer::valueOf, PictureRequest.Builder::batchSize))
            .put("stage-c-steps", setter(COUNT, Integer::valueOf, PictureRequest.Builder::stageCSteps))
            .put("stage-c-guidance", setter(NUMBER, Float::valueOf, PictureRequest.Builder::stageCGuidance))
            .put("stage-b-steps", setter(COUNT, Integer::valueOf, PictureRequest.Builder::stageBSteps))
            .put("stage-b-guidance", setter(NUMBER, Float::valueOf, PictureRequest.Builder::stageBGuidance))
            .put("prompt-weights", setter("true or false", OrderFields::bool, PictureRequest.Builder::promptWeights))
            .put("long-prompts", setter("cut, refuse or windows", named(LongPrompts.values()), PictureRequest.Builder::longPrompts))
            .put("fit", setter("crop, pad or stretch", named(Fit.values()), PictureRequest.Builder::fit))
            .put("strength", setter("a number from 0 to 1", Float::valueOf, PictureRequest.Builder::strength))
            // After the numbers of steps, which metadata has beside them.
            .put("stage-c-timesteps", setter("numbers from 1 down to 0", OrderFields::timesteps, PictureRequest.Builder::stageCTimesteps))
            .put("stage-b-timesteps", setter("numbers from 1 down to 0", OrderFields::timesteps, PictureRequest.Builder::stageBTimesteps))
            .build();

    /** What metadata says beside the request. */
    private static final Set<String> IGNORED = Set.of("model", "model-sha256", "device", "library-version");

    private OrderFields() {}

    /**
     * Sets values.
     *
     * @throws RefusedOrder naming the first one that is unknown or malformed
     */
    static void set(PictureRequest.Builder request, Map<String, String> values) {
        for (String name : values.keySet()) {
            if (!SETTERS.containsKey(name) && !IGNORED.contains(name)) {
                throw RefusedOrder.badRequest("unknown name '" + Ascii.truncate(name, 60, "...") + "'; there are "
                        + String.join(", ", new TreeSet<>(SETTERS.keySet())) + ", image, mask, to and cancel-when-left");
            }
        }
        SETTERS.forEach((name, setter) -> {
            if (values.containsKey(name)) {
                set(request, name, values.get(name), setter);
            }
        });
    }

    private static void set(PictureRequest.Builder request, String name, String text, Setter setter) {
        try {
            setter.set(request, text);
        } catch (IllegalArgumentException e) {
            throw RefusedOrder.badRequest("'" + name + "': " + e.getMessage());
        }
    }

    private interface Setter {
        void set(PictureRequest.Builder request, String text);
    }

    private interface TypedSetter<T> {
        void set(PictureRequest.Builder request, T value);
    }

    private static <T> Setter setter(String expected, Function<String, T> read, TypedSetter<T> set) {
        return (request, text) -> {
            T value;
            try {
                value = read.apply(text.strip());
            } catch (IllegalArgumentException e) {
                throw new IllegalArgumentException("expected " + expected + ", got '" + Ascii.truncate(text, 60, "...") + "'", e);
            }
            set.set(request, value);
        };
    }

    private static Long seed(String text) {
        BigInteger value = new BigInteger(Ascii.truncate(text, 40, ""));
        if (value.bitLength() > Long.SIZE || value.signum() < 0 && value.bitLength() == Long.SIZE) {
            throw new NumberFormatException();
        }
        return value.longValue();
    }

    private static Boolean bool(String text) {
        if (!text.equals("true") && !text.equals("false")) {
            throw new NumberFormatException();
        }
        return text.equals("true");
    }

    private static <E extends Enum<E>> Function<String, E> named(E[] values) {
        return text -> Arrays.stream(values)
                .filter(value -> Ascii.toLowerCase(value.name()).equals(text))
                .findFirst()
                .orElseThrow(NumberFormatException::new);
    }

    private static Timesteps timesteps(String text) {
        if (text.equals("reference")) {
            return Timesteps.stageCDefault();
        }
        String[] parts = text.split(",", -1);
        float[] ratios = new float[parts.length];
        for (int i = 0; i < parts.length; i++) {
            ratios[i] = Float.parseFloat(parts[i].strip());
        }
        return Timesteps.of(ratios);
    }
}
