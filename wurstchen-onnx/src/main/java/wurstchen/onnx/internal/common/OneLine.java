package wurstchen.onnx.internal.common;

/**
 * Text from a file or a library made fit for a message of one line. Of a long one, the beginning and the end are kept: ONNX Runtime names what
 * failed first and, behind the signatures of C++ functions, CUDA's own reason last.
 */
public final class OneLine {
    private static final int MOST_CHARACTERS = 500;
    private static final String LEFT_OUT = " ... ";

    private OneLine() {}

    public static String of(String text) {
        String line = String.valueOf(text).replaceAll("[\\s\\p{Cntrl}]+", " ").strip();
        if (line.length() <= MOST_CHARACTERS) {
            return line;
        }
        int half = (MOST_CHARACTERS - LEFT_OUT.length()) / 2;
        return line.substring(0, half) + LEFT_OUT + line.substring(line.length() - half);
    }
}
