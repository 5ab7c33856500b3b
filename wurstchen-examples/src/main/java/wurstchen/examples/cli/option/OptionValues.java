package wurstchen.examples.cli.option;

import java.nio.file.Path;
import java.util.function.Function;
import picocli.CommandLine;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads numbers and file names, and says what was expected where there is none. */
public final class OptionValues {
    private OptionValues() {}

    public static CommandLine register(CommandLine line) {
        return line.registerConverter(Integer.class, converter(Integer::valueOf, "a whole number up to 2147483647"))
                .registerConverter(int.class, converter(Integer::valueOf, "a whole number up to 2147483647"))
                .registerConverter(Long.class, converter(Long::valueOf, "a whole number from -2^63 to 2^63 - 1"))
                .registerConverter(Float.class, converter(Float::valueOf, "a number"))
                .registerConverter(Path.class, converter(Path::of, "a file name that the locale can spell (LC_ALL=C.UTF-8 can)"));
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
