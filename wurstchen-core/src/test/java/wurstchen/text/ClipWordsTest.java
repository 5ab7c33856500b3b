package wurstchen.text;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ClipWordsTest {
    @Test
    void words_areRunsOfOneKind() {
        assertThat(words(ClipWords.plain(), "a cat, on a mat...")).containsExactly("a", "cat", ",", "on", "a", "mat", "...");
    }

    @Test
    void numbers_standAlone() {
        assertThat(words(ClipWords.plain(), "1024px \u00bd\u2167")).containsExactly("1", "0", "2", "4", "px", "\u00bd", "\u2167");
    }

    @Test
    void contractions_areCutOnlyWhereAWordWouldStart() {
        assertThat(words(ClipWords.plain(), "it's 'sun !'s we'll'd"))
                .containsExactly("it", "'s", "'s", "un", "!'", "s", "we", "'ll", "'d");
    }

    @Test
    void whiteSpaceOfAnyKind_belongsToNoWord() {
        assertThat(words(ClipWords.plain(), " \u0085a\u00a0\u3000b\t")).containsExactly("a", "b");
    }

    @Test
    void lettersNewerThanJava17_areLetters() {
        assertThat(words(ClipWords.plain(), "a\ud837\udf25\ud884\udf50\ud803\udd50")).hasSize(1);
    }

    @Test
    void lettersNewerThanTheReference_areNone() {
        assertThat(words(ClipWords.plain(), "a\u088fb")).containsExactly("a", "\u088f", "b");
    }

    @Test
    void specialTokens_endWhereTheyEnd() {
        String text = "a<|endoftext|>!!";
        assertThat(words(ClipWords.plain(), text)).containsExactly("a", "<|", "endoftext", "|>!!");
        assertThat(words(ClipWords.keepingSpecial(), text)).containsExactly("a", "<|", "endoftext", "|>", "!!");
    }

    private static List<String> words(ClipWords words, String text) {
        List<String> found = new ArrayList<>();
        words.split(text, found::add);
        return found;
    }
}
