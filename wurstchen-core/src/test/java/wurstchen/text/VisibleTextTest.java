package wurstchen.text;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class VisibleTextTest {
    @Test
    void charactersThatAreNotSeen_areEscaped() {
        assertThat(VisibleText.of("a\u001b[31mb")).isEqualTo("a\\u001b[31mb");
        assertThat(VisibleText.of("control sequence \u009b2J")).isEqualTo("control sequence \\u009b2J");
        assertThat(VisibleText.of("override \u202e")).isEqualTo("override \\u202e");
        assertThat(VisibleText.of("line \u2028 separator")).isEqualTo("line \\u2028 separator");
        assertThat(VisibleText.of("tag \udb40\udc41")).isEqualTo("tag \\u{e0041}");
        assertThat(VisibleText.of("half a pair \ud83d.")).isEqualTo("half a pair \\ud83d.");
    }

    @ParameterizedTest
    @ValueSource(strings = {"a b", "w\u00fcrstchen", "\ud83d\udc69\u200d\ud83c\udf3e", "\u06a9\u200c\u0647", "\ufffd"})
    void textThatIsSeen_isLeftAsItIs(String text) {
        assertThat(VisibleText.of(text)).isSameAs(text);
    }
}
