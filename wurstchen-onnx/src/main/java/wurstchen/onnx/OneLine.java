package wurstchen.onnx;

/** Text from a file or a library made fit for a message of one line. */
final class OneLine {
    private static final int MOST_CHARACTERS = 500;

    private OneLine() {}

    static String of(String text) {
        String line = String.valueOf(text).replaceAll("[\\s\\p{Cntrl}]+", " ").strip();
        return line.length() <= MOST_CHARACTERS ? line : line.substring(0, MOST_CHARACTERS) + "...";
    }
}
