package wurstchen.text;

/**
 * Makes text of others fit for a message, a log or a terminal: characters that a terminal obeys, or that turn or break a line without being
 * seen, become escapes.
 */
public final class VisibleText {
    private static final int ZERO_WIDTH_NON_JOINER = 0x200c;
    private static final int ZERO_WIDTH_JOINER = 0x200d;

    private VisibleText() {}

    /**
     * Escapes what is not visible.
     *
     * @param text any text
     * @return the text with control and format characters, line and paragraph separators and lone surrogates written as {@code \\u001b}
     */
    public static String of(String text) {
        if (text.codePoints().allMatch(VisibleText::isVisible)) {
            return text;
        }
        StringBuilder visible = new StringBuilder();
        text.codePoints().forEach(codePoint -> {
            if (isVisible(codePoint)) {
                visible.appendCodePoint(codePoint);
            } else {
                visible.append(String.format(codePoint > Character.MAX_VALUE ? "\\u{%x}" : "\\u%04x", codePoint));
            }
        });
        return visible.toString();
    }

    /**
     * Tells whether a character shows what it is; the joiners of scripts and emoji count as visible.
     *
     * @param codePoint any code point
     * @return false for control and format characters, line and paragraph separators and lone surrogates
     */
    public static boolean isVisible(int codePoint) {
        return switch (Character.getType(codePoint)) {
            case Character.CONTROL, Character.LINE_SEPARATOR, Character.PARAGRAPH_SEPARATOR, Character.SURROGATE -> false;
            case Character.FORMAT -> codePoint == ZERO_WIDTH_JOINER || codePoint == ZERO_WIDTH_NON_JOINER;
            default -> true;
        };
    }
}
