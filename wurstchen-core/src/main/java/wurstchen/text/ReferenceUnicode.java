package wurstchen.text;

import com.ibm.icu.lang.UCharacter;
import com.ibm.icu.text.FilteredNormalizer2;
import com.ibm.icu.text.Normalizer2;
import com.ibm.icu.text.UnicodeSet;

/**
 * Character properties as the reference's tokenizer sees them (tokenizers 0.22.2), whatever Unicode version ICU4J and the JDK have.
 *
 * <p>The reference mixes three libraries of different age: its regular expressions know Unicode 16, its lower-casing Unicode 17, its
 * normaliser Unicode 9. A character newer than that has no property there. Found by comparing all 1,112,064 code points.
 */
final class ReferenceUnicode {
    private static final UnicodeSet LETTERS = new UnicodeSet("[[:L:]&[:age=16.0:]]").freeze();
    private static final UnicodeSet NUMBERS = new UnicodeSet("[[:N:]&[:age=16.0:]]").freeze();
    private static final UnicodeSet CASED = new UnicodeSet("[:age=17.0:]").freeze();
    private static final UnicodeSet WORD = new UnicodeSet("[[[:Alphabetic:][:M:][:Nd:][:Pc:][:Join_Control:]]&[:age=16.0:]]").freeze();
    private static final UnicodeSet COMPOSING = new UnicodeSet("[:age=9.0:]").freeze();
    private static final Normalizer2 NFC = new FilteredNormalizer2(Normalizer2.getNFCInstance(), COMPOSING);

    private static final int CAPITAL_I_WITH_DOT = 0x130;

    private ReferenceUnicode() {}

    static boolean isLetter(int codePoint) {
        return LETTERS.contains(codePoint);
    }

    static boolean isNumber(int codePoint) {
        return NUMBERS.contains(codePoint);
    }

    /** White_Space, which unlike Java's {@code \s} has U+0085 and the spaces beyond ASCII. */
    static boolean isSpace(int codePoint) {
        return UCharacter.isUWhiteSpace(codePoint);
    }

    /** What {@code \w} matches. */
    static boolean isWordPart(int codePoint) {
        return WORD.contains(codePoint);
    }

    /** NFC, in linear time. */
    static String composed(String text, Runnable checkpoint) {
        return Composition.of(text, NFC, COMPOSING, checkpoint);
    }

    /** Lower-cases one character at a time, without context: a final capital sigma becomes a plain small one. */
    static void appendLowerCase(StringBuilder out, int codePoint) {
        if (codePoint == CAPITAL_I_WITH_DOT) {
            out.append("i\u0307"); // the one character whose lower case is two
        } else {
            out.appendCodePoint(CASED.contains(codePoint) ? UCharacter.toLowerCase(codePoint) : codePoint);
        }
    }
}
