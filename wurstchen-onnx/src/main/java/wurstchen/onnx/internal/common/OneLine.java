package wurstchen.onnx.internal.common;

import org.jspecify.annotations.Nullable;
import wurstchen.text.VisibleText;

/**
 * Shortens and cleans text from a file or a library for a message of one line. Of a long text, the beginning and the end are kept: ONNX
 * Runtime names the failed operation first, and CUDA's reason comes last, after C++ signatures.
 */
public final class OneLine {
    private static final int MOST_CHARACTERS = 500;
    private static final String LEFT_OUT = " ... ";

    private OneLine() {}

    public static String of(@Nullable String text) {
        String line = VisibleText.of(String.valueOf(text).replaceAll("[\\s\\p{Cntrl}]+", " ").strip());
        if (line.length() <= MOST_CHARACTERS) {
            return line;
        }
        int half = (MOST_CHARACTERS - LEFT_OUT.length()) / 2;
        return line.substring(0, half) + LEFT_OUT + line.substring(line.length() - half);
    }
}
