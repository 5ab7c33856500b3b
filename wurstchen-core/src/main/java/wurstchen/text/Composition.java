package wurstchen.text;

import com.ibm.icu.lang.UCharacter;
import com.ibm.icu.text.Normalizer2;
import com.ibm.icu.text.UnicodeSet;
import java.util.Arrays;

/**
 * Composes a text (NFC) in linear time. ICU sorts the combining marks of a character by insertion, which takes quadratic time for a long run
 * of them. Here a text is decomposed and its marks are sorted by counting before ICU composes it; both are canonically equivalent, so the
 * result is the same. Use once.
 */
final class Composition {
    private static final Normalizer2 DECOMPOSED = Normalizer2.getNFDInstance();
    private static final int CLASSES = 256;

    /** No character below this combines with one before it or changes. Source: Unicode, NFC_Quick_Check and Canonical_Combining_Class. */
    private static final int FIRST_MARK = 0x300;

    /** Characters that are composed at a time, at least. */
    private static final int PIECE = 1 << 14;

    private final Normalizer2 composer;
    private final UnicodeSet known;
    private final StringBuilder composed = new StringBuilder();
    private final StringBuilder piece = new StringBuilder();
    private int[] marks = new int[16];
    private int markCount;

    private Composition(Normalizer2 composer, UnicodeSet known) {
        this.composer = composer;
        this.known = known;
    }

    /**
     * Composes a text.
     *
     * @param composer NFC, for the known characters
     * @param known characters that are decomposed; others stay as they are, and no mark moves across them
     * @param checkpoint called now and then; what it throws ends the work
     */
    static String of(String text, Normalizer2 composer, UnicodeSet known, Runnable checkpoint) {
        if (text.chars().allMatch(unit -> unit < FIRST_MARK)) {
            return text;
        }
        Composition composition = new Composition(composer, known);
        for (int i = 0, checked = 0; i < text.length(); ) {
            int codePoint = text.codePointAt(i);
            i += Character.charCount(codePoint);
            composition.add(codePoint);
            if (i - checked >= PIECE) {
                checked = i;
                checkpoint.run();
            }
        }
        composition.compose();
        return composition.composed.toString();
    }

    private void add(int codePoint) {
        if (piece.length() >= PIECE && composer.hasBoundaryBefore(codePoint)) {
            compose();
        }
        String decomposed = known.contains(codePoint) ? DECOMPOSED.getDecomposition(codePoint) : null;
        if (decomposed != null) {
            decomposed.codePoints().forEach(this::append);
        } else if (known.contains(codePoint)) {
            append(codePoint);
        } else {
            appendMarks();
            piece.appendCodePoint(codePoint);
        }
    }

    private void append(int codePoint) {
        if (UCharacter.getCombiningClass(codePoint) == 0) {
            appendMarks();
            piece.appendCodePoint(codePoint);
            return;
        }
        if (markCount == marks.length) {
            marks = Arrays.copyOf(marks, 2 * markCount);
        }
        marks[markCount++] = codePoint;
    }

    /** Appends the marks by their class, those of one class in their order. */
    private void appendMarks() {
        if (markCount == 0) {
            return;
        }
        int[] places = new int[CLASSES + 1];
        for (int i = 0; i < markCount; i++) {
            places[UCharacter.getCombiningClass(marks[i]) + 1]++;
        }
        for (int i = 1; i <= CLASSES; i++) {
            places[i] += places[i - 1];
        }
        int[] sorted = new int[markCount];
        for (int i = 0; i < markCount; i++) {
            sorted[places[UCharacter.getCombiningClass(marks[i])]++] = marks[i];
        }
        for (int mark : sorted) {
            piece.appendCodePoint(mark);
        }
        markCount = 0;
    }

    private void compose() {
        appendMarks();
        composed.append(composer.normalize(piece));
        piece.setLength(0);
    }
}
