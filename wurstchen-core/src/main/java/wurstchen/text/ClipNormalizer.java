package wurstchen.text;

/** What happens to a prompt before it is cut into words: NFC, runs of white space to one space, lower case. */
final class ClipNormalizer {
    private static final char REPLACEMENT = '\uFFFD';

    private static final int CHARACTERS_BETWEEN_CHECKPOINTS = 1 << 14;

    private ClipNormalizer() {}

    static String normalize(String text) {
        return normalize(text, () -> {});
    }

    /** Calls the checkpoint now and then; what it throws ends the work. */
    static String normalize(String text, Runnable checkpoint) {
        String composed = ReferenceUnicode.composed(text, checkpoint);
        StringBuilder out = new StringBuilder(composed.length());
        boolean inSpace = false;
        for (int i = 0, checked = 0; i < composed.length(); ) {
            if (i - checked >= CHARACTERS_BETWEEN_CHECKPOINTS) {
                checked = i;
                checkpoint.run();
            }
            int codePoint = composed.codePointAt(i);
            i += Character.charCount(codePoint);
            boolean space = ReferenceUnicode.isSpace(codePoint);
            if (!space) {
                ReferenceUnicode.appendLowerCase(out, codePoint);
            } else if (!inSpace) {
                out.append(' ');
            }
            inSpace = space;
        }
        return out.toString();
    }

    /** Replaces surrogates without a partner by U+FFFD: they are no characters and have no UTF-8 form. */
    static String wellFormed(String text) {
        StringBuilder out = null;
        for (int i = 0; i < text.length(); ) {
            int codePoint = text.codePointAt(i);
            if (codePoint >= Character.MIN_SURROGATE && codePoint <= Character.MAX_SURROGATE) {
                out = out == null ? new StringBuilder(text) : out;
                out.setCharAt(i, REPLACEMENT);
            }
            i += Character.charCount(codePoint);
        }
        return out == null ? text : out.toString();
    }
}
