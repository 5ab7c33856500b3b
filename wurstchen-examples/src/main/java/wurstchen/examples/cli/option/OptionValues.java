package wurstchen.examples.cli.option;

import static com.google.common.base.Preconditions.checkArgument;

import java.math.BigInteger;
import java.nio.file.Path;
import java.util.Locale;
import java.util.function.Function;
import java.util.regex.Pattern;
import picocli.CommandLine;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;
import wurstchen.image.Fit;
import wurstchen.sampling.Timesteps;
import wurstchen.text.LongPrompts;

/** Reads numbers and file names, and says what was expected where there is none. */
public final class OptionValues {
    private OptionValues() {}

    /** Java reads the digits of other scripts too. */
    private static final Pattern WHOLE = Pattern.compile("[+-]?[0-9]+");

    private static final Pattern NUMBER = Pattern.compile("[+-]?([0-9]+\\.?[0-9]*|\\.[0-9]+)([eE][+-]?[0-9]+)?|NaN|[+-]?Infinity");

    private static final BigInteger MIN_SEED = BigInteger.valueOf(Long.MIN_VALUE);
    private static final BigInteger MAX_SEED = BigInteger.ONE.shiftLeft(Long.SIZE).subtract(BigInteger.ONE);

    public static CommandLine register(CommandLine line) {
        return line.registerConverter(Integer.class, converter(OptionValues::integer, "a whole number up to 2147483647"))
                .registerConverter(int.class, converter(OptionValues::integer, "a whole number up to 2147483647"))
                .registerConverter(Long.class, converter(OptionValues::seed, "a whole number from -2^63 to 2^64 - 1"))
                .registerConverter(Float.class, converter(OptionValues::number, "a number"))
                .registerConverter(Timesteps.class, OptionValues::timesteps)
                .registerConverter(Fit.class, converter(OptionValues::fit, "crop, pad or stretch"))
                .registerConverter(LongPrompts.class, converter(OptionValues::longPrompts, "cut, refuse or windows"))
                .registerConverter(Path.class, converter(Path::of, "a file name that the locale can spell (LC_ALL=C.UTF-8 can)"));
    }

    /**
     * Reads a whole number.
     *
     * @throws IllegalArgumentException if it is none
     */
    public static Integer integer(String text) {
        checkArgument(WHOLE.matcher(text).matches(), "no whole number");
        return Integer.valueOf(text);
    }

    /**
     * Reads a number.
     *
     * @throws IllegalArgumentException if it is none
     */
    public static Float number(String text) {
        checkArgument(NUMBER.matcher(text).matches(), "no number");
        return Float.valueOf(text);
    }

    /**
     * Reads what to do with a picture of another size.
     *
     * @throws IllegalArgumentException if there is no such way
     */
    public static Fit fit(String text) {
        checkArgument(text.equals(text.toLowerCase(Locale.ROOT)), "capitals");
        return Fit.valueOf(text.toUpperCase(Locale.ROOT));
    }

    /**
     * Reads noise ratios.
     *
     * @throws TypeConversionException if they are none
     */
    public static Timesteps timesteps(String text) {
        if (text.equals("reference")) {
            return Timesteps.stageCDefault();
        }
        if (text.startsWith("shifted:")) {
            return shifted(text);
        }
        String[] parts = text.split(",", -1);
        float[] ratios = new float[parts.length];
        for (int i = 0; i < parts.length; i++) {
            String part = parts[i].strip();
            if (!NUMBER.matcher(part).matches()) {
                throw new TypeConversionException("expected numbers with commas between, such as 1,0.5,0, got '" + text + "'");
            }
            ratios[i] = Float.parseFloat(part);
        }
        try {
            return Timesteps.of(ratios);
        } catch (IllegalArgumentException e) {
            throw new TypeConversionException(e.getMessage());
        }
    }

    private static Timesteps shifted(String text) {
        String[] parts = text.split(":", -1);
        if (parts.length != 3 || !parts[1].matches("[0-9]{1,4}") || !NUMBER.matcher(parts[2]).matches()) {
            throw new TypeConversionException("expected shifted:STEPS:SHIFT, such as shifted:20:2, got '" + text + "'");
        }
        try {
            return Timesteps.shifted(Integer.parseInt(parts[1]), Double.parseDouble(parts[2]));
        } catch (IllegalArgumentException e) {
            throw new TypeConversionException(e.getMessage());
        }
    }

    /**
     * Reads what becomes of long prompts.
     *
     * @throws IllegalArgumentException if it is nothing of the kind
     */
    public static LongPrompts longPrompts(String text) {
        checkArgument(text.equals(text.toLowerCase(Locale.ROOT)), "not in lower case");
        return LongPrompts.valueOf(text.toUpperCase(Locale.ROOT));
    }

    /**
     * Reads a seed.
     *
     * @return 2^63 and more as the negative number of the same 64 bits
     * @throws IllegalArgumentException if it is none
     */
    public static Long seed(String text) {
        checkArgument(WHOLE.matcher(text).matches(), "no whole number");
        BigInteger value = new BigInteger(text);
        checkArgument(value.compareTo(MIN_SEED) >= 0 && value.compareTo(MAX_SEED) <= 0, "more than 64 bits");
        return value.longValue();
    }

    private static <T> ITypeConverter<T> converter(Function<String, T> read, String expected) {
        return text -> {
            try {
                return read.apply(text);
            } catch (IllegalArgumentException e) { // NumberFormatException and InvalidPathException are.
                throw new TypeConversionException("expected " + expected + ", got '" + text + "'");
            }
        };
    }
}
