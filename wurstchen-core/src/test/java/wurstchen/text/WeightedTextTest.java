package wurstchen.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import wurstchen.text.WeightedText.Part;

class WeightedTextTest {
    private static void assertParsed(String prompt, String text, Part... parts) {
        assertThat(WeightedText.parse(prompt)).isEqualTo(new WeightedText(text, List.of(parts)));
    }

    @Test
    void brackets_giveWeights() {
        assertParsed("a (red:1.3) apple", "a red apple", new Part(2, 1), new Part(5, 1.3f), new Part(11, 1));
        assertParsed("(red)", "red", new Part(3, 1.1f));
        assertParsed("[red]", "red", new Part(3, (float) (1 / 1.1)));
        assertParsed("((red))", "red", new Part(3, (float) (1.1 * 1.1)));
        assertParsed("(a [b:c]:2)", "a b:c", new Part(2, 2), new Part(5, (float) (2 * (1 / 1.1))));
        assertParsed("(a:b: .5 )", "a:b", new Part(3, 0.5f));
        assertParsed("(red:0)", "red", new Part(3, 0));
    }

    @Test
    void textWithoutBrackets_hasTheWeightOne() {
        assertParsed("a red: apple", "a red: apple", new Part(12, 1));
        assertParsed("(a:1.0)b", "ab", new Part(2, 1));
        assertParsed("", "");
        assertParsed("()", "");
    }

    @Test
    void escapes_standForTheCharacter() {
        assertParsed("\\(a\\) \\[b\\] \\\\ \\n", "(a) [b] \\ \\n", new Part(12, 1));
        assertParsed("(3\\:4)", "3:4", new Part(3, 1.1f));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '"', value = {
        "a (red | prompt weights, character 3 (a »(red): '(' is never closed; write \\( for the character itself",
        "a red) | prompt weights, character 6 (a red»)): ')' closes nothing; write \\) for the character itself",
        "(a] | prompt weights, character 3 ((a»]): ']' closes nothing; write \\] for the character itself",
        "(a:x) | prompt weights, character 4 ((a:»x)): a weight must be a number, got 'x'; write \\: for a colon in brackets",
        "(a:-1) | prompt weights, character 4 ((a:»-1)): a weight must be a number, got '-1'; write \\: for a colon in brackets",
        "(a:11) | prompt weights, character 6 ((a:11»)): a weight must be 0 to 10.0, got 11.0"
    })
    void wrongBrackets_areRefusedWithTheirPlace(String prompt, String message) {
        assertThatThrownBy(() -> WeightedText.parse(prompt)).isInstanceOf(IllegalArgumentException.class).hasMessage(message);
    }

    @Test
    void bracketsWithoutEnd_areRefused() {
        assertThatThrownBy(() -> WeightedText.parse("(".repeat(21)))
                .hasMessage("prompt weights, character 21 (((((((((((»(): at most 20 brackets in brackets");
        assertThatThrownBy(() -> WeightedText.parse("(a)b".repeat(101)))
                .hasMessage("at most 200 parts of a prompt have weights of their own");
    }
}
