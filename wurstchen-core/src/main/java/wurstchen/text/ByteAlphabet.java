package wurstchen.text;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * The 256 visible characters that stand for bytes in a vocabulary file.
 *
 * <p>A byte whose Latin-1 character is visible stands for itself; the other 68 take U+0100 and up, in order. Source: the byte encoder of
 * OpenAI's GPT-2 ({@code encoder.py}), which CLIP shares.
 */
final class ByteAlphabet {
    private static final int FIRST_SUBSTITUTE = 256;
    private static final char[] CHARACTERS = new char[256];
    private static final int[] BYTES;

    static {
        int substitute = FIRST_SUBSTITUTE;
        for (int value = 0; value < CHARACTERS.length; value++) {
            CHARACTERS[value] = (char) (isVisible(value) ? value : substitute++);
        }
        BYTES = new int[substitute];
        Arrays.fill(BYTES, -1);
        for (int value = 0; value < CHARACTERS.length; value++) {
            BYTES[CHARACTERS[value]] = value;
        }
    }

    private ByteAlphabet() {}

    private static boolean isVisible(int value) {
        return value >= '!' && value <= '~' || value >= 0xa1 && value <= 0xff && value != 0xad;
    }

    /** Returns the character that stands for a byte, 0 to 255. */
    static char character(int value) {
        return CHARACTERS[value];
    }

    /** Turns characters of the alphabet back into text; a byte sequence that is not UTF-8 gives U+FFFD, another character itself. */
    static String decode(String characters) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(characters.length());
        characters.codePoints().forEach(codePoint -> {
            if (codePoint < BYTES.length && BYTES[codePoint] >= 0) {
                bytes.write(BYTES[codePoint]);
            } else {
                bytes.writeBytes(Character.toString(codePoint).getBytes(StandardCharsets.UTF_8));
            }
        });
        return bytes.toString(StandardCharsets.UTF_8);
    }
}
