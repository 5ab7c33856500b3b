package wurstchen.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.base.Strings;
import com.ibm.icu.text.FilteredNormalizer2;
import com.ibm.icu.text.Normalizer2;
import com.ibm.icu.text.UnicodeSet;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CompositionTest {
    private static final UnicodeSet KNOWN = new UnicodeSet("[:age=9.0:]").freeze();
    private static final Normalizer2 NFC = new FilteredNormalizer2(Normalizer2.getNFCInstance(), KNOWN);

    /** Letters, marks of many classes, characters that decompose into marks only (U+0344, U+0F73), Hangul, and marks of newer versions. */
    private static final UnicodeSet HARD =
            new UnicodeSet("[aeA\u00c5\u1ea4[:ccc=1:][:ccc=230:][:ccc=129:][:ccc=130:][:ccc=220:]\u0344\u0340\u0f73\u0f75\u0f81"
                    + "\u1100-\u1112\u1161-\u1175\u11a8-\u11c2\uac00\uac01[\u0958-\u095f][:age=14.0:]&[:M:]]");

    @Test
    void composition_isIcus() {
        Random random = new Random(1);
        for (int text = 0; text < 5_000; text++) {
            StringBuilder built = new StringBuilder();
            IntStream.range(0, random.nextInt(60)).forEach(i -> built.appendCodePoint(HARD.charAt(random.nextInt(HARD.size()))));
            assertThat(Composition.of(built.toString(), NFC, KNOWN, () -> {})).isEqualTo(NFC.normalize(built));
        }
    }

    @Test
    void everyCharacter_isComposedAsIcuDoes() {
        assertThat(IntStream.rangeClosed(0, Character.MAX_CODE_POINT)
                        .filter(KNOWN::contains)
                        .filter(codePoint -> !isComposedAsIcuDoes("e" + Character.toString(codePoint) + "\u0334\u0301")))
                .isEmpty();
    }

    private static boolean isComposedAsIcuDoes(String text) {
        return Composition.of(text, NFC, KNOWN, () -> {}).equals(NFC.normalize(text));
    }

    @Test
    void longText_isComposedInPieces() {
        String text = Strings.repeat("e\u0301 \u1100\u1161\u11a8", 30_000);
        assertThat(Composition.of(text, NFC, KNOWN, () -> {})).isEqualTo(Strings.repeat("\u00e9 \uac01", 30_000));
    }

    /** Sorted by insertion, the marks would take a quarter of an hour. */
    @ParameterizedTest
    @ValueSource(strings = {"\u0334\u0301", "\u0301\u0334\u0f73", "\u0f73\u0334", "\u0344\u0323", "\ud834\udd65\u0301\u0334"})
    void aMillionMarks_areSortedByCounting(String marks) {
        String text = "a" + Strings.repeat(marks, 1_000_000 / marks.length());
        String composed = Assertions.assertTimeoutPreemptively(
                Duration.ofSeconds(30), () -> Composition.of(text, NFC, KNOWN, () -> {}));
        assertThat(composed).hasSizeGreaterThan(500_000);
    }

    @Test
    void checkpoint_endsTheWork() {
        String text = Strings.repeat("\u0334\u0301", 1_000_000);
        AtomicInteger calls = new AtomicInteger();
        Runnable stop = () -> {
            if (calls.incrementAndGet() == 3) {
                throw new IllegalStateException("enough");
            }
        };
        assertThatThrownBy(() -> Composition.of(text, NFC, KNOWN, stop)).hasMessage("enough");
    }
}
