package wurstchen.text;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ClipNormalizerTest {
    @Test
    void runsOfWhiteSpace_becomeOneSpace() {
        assertThat(ClipNormalizer.normalize("a\u0085\u00a0\u3000\u2028b\t ")).isEqualTo("a b ");
        assertThat(ClipNormalizer.normalize("a\u200b\u200db")).isEqualTo("a\u200b\u200db");
    }

    @Test
    void case_isLoweredWithoutContext() {
        assertThat(ClipNormalizer.normalize("\u039f\u0394\u039f\u03a3")).isEqualTo("\u03bf\u03b4\u03bf\u03c3");
        assertThat(ClipNormalizer.normalize("\u0130")).isEqualTo("i\u0307");
    }

    @Test
    void marks_areComposed() {
        assertThat(ClipNormalizer.normalize("e\u0301")).isEqualTo("\u00e9");
        assertThat(ClipNormalizer.normalize("\u212b")).isEqualTo("\u00e5");
    }

    @Test
    void htmlEntities_areLeftAlone() {
        assertThat(ClipNormalizer.normalize("&amp;")).isEqualTo("&amp;");
    }

    @Test
    void marksNewerThanUnicode9_areNotReordered() {
        String marks = "a\u1df6\u0334"; // class 232 since Unicode 10, before class 1
        assertThat(ClipNormalizer.normalize(marks)).isEqualTo(marks);
    }

    @Test
    void pairsOfSurrogates_areKept() {
        assertThat(ClipNormalizer.wellFormed("\ud83d\ude00")).isEqualTo("\ud83d\ude00");
        assertThat(ClipNormalizer.wellFormed("\ude00\ud83d")).isEqualTo("\ufffd\ufffd");
    }
}
