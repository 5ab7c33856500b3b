package wurstchen.text;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ClipWordsTest {
    @Test
    void words_areRunsOfOneKind() {
        assertThat(ClipWords.plain().split("a cat, on a mat...")).containsExactly("a", "cat", ",", "on", "a", "mat", "...");
    }

    @Test
    void numbers_standAlone() {
        assertThat(ClipWords.plain().split("1024px \u00bd\u2167")).containsExactly("1", "0", "2", "4", "px", "\u00bd", "\u2167");
    }

    @Test
    void contractions_areCutOnlyWhereAWordWouldStart() {
        assertThat(ClipWords.plain().split("it's 'sun !'s we'll'd"))
                .containsExactly("it", "'s", "'s", "un", "!'", "s", "we", "'ll", "'d");
    }

    @Test
    void whiteSpaceOfAnyKind_belongsToNoWord() {
        assertThat(ClipWords.plain().split(" \u0085a\u00a0\u3000b\t")).containsExactly("a", "b");
    }

    @Test
    void lettersNewerThanJava17_areLetters() {
        assertThat(ClipWords.plain().split("a\ud837\udf25\ud884\udf50\ud803\udd50")).hasSize(1);
    }

    @Test
    void lettersNewerThanTheReference_areNone() {
        assertThat(ClipWords.plain().split("a\u088fb")).containsExactly("a", "\u088f", "b");
    }

    @Test
    void specialTokens_endWhereTheyEnd() {
        String text = "a<|endoftext|>!!";
        assertThat(ClipWords.plain().split(text)).containsExactly("a", "<|", "endoftext", "|>!!");
        assertThat(ClipWords.keepingSpecial().split(text)).containsExactly("a", "<|", "endoftext", "|>", "!!");
    }
}
