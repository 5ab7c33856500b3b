package wurstchen;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import wurstchen.image.Fit;
import wurstchen.image.Picture;
import wurstchen.internal.Blend;
import wurstchen.internal.Input;
import wurstchen.sampling.Guidance;
import wurstchen.sampling.Timesteps;
import wurstchen.text.LongPrompts;

/** Settings as text that people and programs read. Timesteps are written only where they are not evenly spaced. */
final class SettingsText {
    private static final String SEPARATOR = ", ";

    /** The names of values that are numbers. */
    private static final Set<String> NUMBERS = Set.of(
            "seed", "width", "height", "stage-c-steps", "stage-c-guidance", "stage-b-steps", "stage-b-guidance", "batch-size",
            "strength", "blend-share", "blend-seed");

    private static final String IMAGE_PROMPTS = "image-prompt-sha256";
    private static final String IMAGE_PROMPT_SHARES = "image-prompt-shares";

    private static final List<String> STAGES = List.of("stage-c", "stage-b");
    private static final List<String> ALWAYS =
            List.of("prompt", "negative-prompt", "seed", "width", "height", "stage-c-guidance", "stage-b-guidance");

    private static final String WHOLE = "a whole number";
    private static final String SEED = "a whole number from -2^63 to 2^64 - 1";

    /** Java reads the digits of other scripts too. */
    private static final Pattern DIGITS = Pattern.compile("[+-]?[0-9]+");

    private static final String LIST = "numbers with ', ' between";

    /** In place of a list: the reference's own for Stage C. */
    private static final String REFERENCE = "reference";

    private static final ImmutableMap<String, Setter<?>> SETTERS = setters();

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
        if (settings.promptWeights()) {
            text.put("prompt-weights", "true");
        }
        if (settings.longPrompts() != LongPrompts.CUT) {
            text.put("long-prompts", settings.longPrompts().name().toLowerCase(Locale.ROOT));
        }
        writeInputs(text, settings);
        return Collections.unmodifiableMap(text);
    }

    static boolean isList(String name) {
        return name.endsWith("-timesteps") || name.equals(IMAGE_PROMPT_SHARES);
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

    private static void writeInputs(Map<String, String> text, PictureSettings settings) {
        settings.image().ifPresent(image -> text.put("image-sha256", image.sha256()));
        settings.strength().ifPresent(strength -> text.put("strength", Float.toString(strength)));
        if (settings.fit() != Fit.CROP) {
            text.put("fit", settings.fit().name().toLowerCase(Locale.ROOT));
        }
        settings.mask().ifPresent(mask -> text.put("mask-sha256", mask.sha256()));
        settings.start().ifPresent(start -> text.put("start-from-sha256", start.sha256()));
        if (!settings.imagePrompts().isEmpty()) {
            text.put(IMAGE_PROMPTS, joined(settings.imagePrompts(), prompt -> prompt.picture().sha256()));
            text.put(IMAGE_PROMPT_SHARES, joined(settings.imagePrompts(), prompt -> Float.toString(prompt.share())));
        }
        settings.encodedPrompt().ifPresent(encoded -> text.put("encoded-prompt-sha256", encoded.sha256()));
        settings.blend().ifPresent(blend -> {
            text.put("blend-share", Float.toString(blend.share()));
            text.put("blend-prompt", blend.prompt());
            text.put("blend-negative-prompt", blend.negativePrompt());
            text.put("blend-seed", Long.toString(blend.seed()));
            blend.image().ifPresent(image -> text.put("blend-image-sha256", image.sha256()));
        });
    }

    private static String joined(List<RequestOptions.PromptPicture> prompts, Function<RequestOptions.PromptPicture, String> value) {
        return prompts.stream().map(value).collect(Collectors.joining(SEPARATOR));
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
        ALWAYS.forEach(this::require);
        STAGES.stream().filter(stage -> !text.containsKey(stage + "-timesteps")).forEach(stage -> require(stage + "-steps"));
        PictureRequest.Builder request = PictureRequest.builder("");
        SETTERS.forEach((name, setter) -> set(request, name, setter));
        return readInputs(request.build().copyOfOptions());
    }

    /**
     * Sets the values of a request, those of {@link #names} that are there.
     *
     * @throws IllegalArgumentException naming the first one that is unknown or malformed
     */
    static void set(PictureRequest.Builder request, Map<String, String> text) {
        text.keySet().forEach(name -> checkArgument(
                SETTERS.containsKey(name), "unknown setting '%s'; there are %s", name, String.join(SEPARATOR, SETTERS.keySet())));
        SETTERS.forEach((name, setter) -> new SettingsText(text).set(request, name, setter));
    }

    /** Returns the names of the values that a request can be given as text, in the order a reader wants them. */
    static Set<String> names() {
        return SETTERS.keySet();
    }

    private void set(PictureRequest.Builder request, String name, Setter<?> setter) {
        boolean replaced = name.endsWith("-steps") && text.containsKey(name.replace("-steps", "-timesteps"));
        if (text.containsKey(name) && !replaced) {
            setter.set(this, request, name);
        }
    }

    /** How a value is read, and where it goes; {@code expected} is for the message about one that is malformed. */
    private record Setter<T>(String expected, Function<String, T> parse, BiConsumer<PictureRequest.Builder, T> target) {
        void set(SettingsText text, PictureRequest.Builder request, String name) {
            target.accept(request, text.value(name, expected, parse));
        }
    }

    private static ImmutableMap<String, Setter<?>> setters() {
        ImmutableMap.Builder<String, Setter<?>> setters = ImmutableMap.builder();
        setters.put("prompt", new Setter<>("a text", Function.identity(), PictureRequest.Builder::prompt));
        setters.put("negative-prompt", new Setter<>("a text", Function.identity(), PictureRequest.Builder::negativePrompt));
        setters.put("seed", new Setter<>(SEED, SettingsText::seed, PictureRequest.Builder::seed));
        setters.put("width", new Setter<>(WHOLE, SettingsText::integer, PictureRequest.Builder::width));
        setters.put("height", new Setter<>(WHOLE, SettingsText::integer, PictureRequest.Builder::height));
        setters.put("stage-c-steps", new Setter<>(WHOLE, SettingsText::integer, PictureRequest.Builder::stageCSteps));
        setters.put("stage-c-timesteps", new Setter<>(LIST, SettingsText::timesteps, PictureRequest.Builder::stageCTimesteps));
        setters.put("stage-c-guidance", new Setter<>("a number", Float::valueOf, PictureRequest.Builder::stageCGuidance));
        setters.put("stage-b-steps", new Setter<>(WHOLE, SettingsText::integer, PictureRequest.Builder::stageBSteps));
        setters.put("stage-b-timesteps", new Setter<>(LIST, SettingsText::timesteps, PictureRequest.Builder::stageBTimesteps));
        setters.put("stage-b-guidance", new Setter<>("a number", Float::valueOf, PictureRequest.Builder::stageBGuidance));
        setters.put("prompt-weights", new Setter<>("true or false", SettingsText::bool, PictureRequest.Builder::promptWeights));
        setters.put("long-prompts", new Setter<>("cut, refuse or windows", SettingsText::longPrompts, PictureRequest.Builder::longPrompts));
        return setters.build();
    }

    private RequestOptions readInputs(RequestOptions options) {
        options.image = input("image-sha256");
        options.strength = text.containsKey("strength") ? value("strength", "a number", Float::valueOf) : null;
        options.fit = text.containsKey("fit") ? value("fit", "crop, pad or stretch", SettingsText::fit) : Fit.CROP;
        options.mask = input("mask-sha256");
        options.start = input("start-from-sha256");
        options.encodedPrompt = input("encoded-prompt-sha256");
        options.imagePrompts = imagePrompts();
        options.blend = text.containsKey("blend-share") ? blend() : null;
        return options;
    }

    private ImmutableList<RequestOptions.PromptPicture> imagePrompts() {
        if (!text.containsKey(IMAGE_PROMPTS)) {
            return ImmutableList.of();
        }
        List<Input<Picture>> pictures = value(IMAGE_PROMPTS, "SHA-256s with ', ' between", SettingsText::hashes);
        float[] shares = value(IMAGE_PROMPT_SHARES, LIST, SettingsText::split);
        checkArgument(
                pictures.size() == shares.length, "settings need a share for each of %s image prompts, got %s", pictures.size(), shares.length);
        return IntStream.range(0, shares.length)
                .mapToObj(i -> new RequestOptions.PromptPicture(pictures.get(i), shares[i]))
                .collect(ImmutableList.toImmutableList());
    }

    private static List<Input<Picture>> hashes(String list) {
        return Arrays.stream(list.split(SEPARATOR, -1)).map(Input::<Picture>named).toList();
    }

    private <T> @Nullable Input<T> input(String name) {
        return text.containsKey(name) ? value(name, "a SHA-256", Input::<T>named) : null;
    }

    private static boolean bool(String text) {
        if (!text.equals("true") && !text.equals("false")) {
            throw new NumberFormatException();
        }
        return text.equals("true");
    }

    private static LongPrompts longPrompts(String name) {
        return Arrays.stream(LongPrompts.values())
                .filter(policy -> policy.name().toLowerCase(Locale.ROOT).equals(name))
                .findFirst()
                .orElseThrow(NumberFormatException::new);
    }

    private static Fit fit(String name) {
        return Arrays.stream(Fit.values())
                .filter(fit -> fit.name().toLowerCase(Locale.ROOT).equals(name))
                .findFirst()
                .orElseThrow(NumberFormatException::new);
    }

    private Blend blend() {
        return new Blend(
                value("blend-share", "a number", Float::valueOf),
                value("blend-prompt", "a text", Function.identity()),
                value("blend-negative-prompt", "a text", Function.identity()),
                value("blend-seed", SEED, SettingsText::seed),
                Optional.ofNullable(input("blend-image-sha256")));
    }

    private static Integer integer(String number) {
        return Integer.valueOf(digits(number));
    }

    /** Reads 2^63 and more, which other programs write, as the negative number of the same 64 bits. */
    private static Long seed(String number) {
        String digits = digits(number);
        return digits.startsWith("-") ? Long.valueOf(digits) : Long.valueOf(Long.parseUnsignedLong(digits));
    }

    private static String digits(String number) {
        if (!DIGITS.matcher(number).matches()) {
            throw new NumberFormatException();
        }
        return number;
    }

    private static Timesteps timesteps(String list) {
        return list.equals(REFERENCE) ? Timesteps.stageCDefault() : Timesteps.of(split(list));
    }

    private static float[] split(String list) {
        String[] parts = list.split(",", -1);
        float[] ratios = new float[parts.length];
        for (int i = 0; i < parts.length; i++) {
            ratios[i] = Float.parseFloat(parts[i]);
        }
        return ratios;
    }

    private <T> T value(String name, String expected, Function<String, T> parse) {
        String value = require(name);
        try {
            return parse.apply(value);
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("setting '" + name + "' must be " + expected + ", got '" + value + "'", e);
        }
    }
    private String require(String name) {
        String value = text.get(name);
        checkArgument(
                value != null,
                "settings need '%s', found only %s",
                name,
                text.keySet().stream().sorted().collect(Collectors.joining(SEPARATOR, "[", "]")));
        return value;
    }
}
