package wurstchen.examples;

import java.util.function.Function;
import picocli.CommandLine;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads numbers, and says what a number is when it is none. */
final class Numbers {
    private Numbers() {}

    static CommandLine register(CommandLine line) {
        return line.registerConverter(Integer.class, converter(Integer::valueOf, "a whole number up to 2147483647"))
                .registerConverter(Long.class, converter(Long::valueOf, "a whole number from -2^63 to 2^63 - 1"))
                .registerConverter(Float.class, converter(Float::valueOf, "a number"));
    }

    private static <T> ITypeConverter<T> converter(Function<String, T> read, String expected) {
        return text -> {
            try {
                return read.apply(text);
            } catch (NumberFormatException e) {
                throw new TypeConversionException("expected " + expected + ", got '" + text + "'");
            }
        };
    }
}
