package wurstchen.text;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class AddedTokenMatcherTest {
    @Test
    void longestToken_winsAtTheLeftmostPlace() {
        assertThat(split("xabcab", token("ab", ""), token("abc", ""), token("bcab", ""))).containsExactly("x", "#1", "#0");
    }

    @Test
    void stripping_takesTheWhiteSpaceBeside() {
        assertThat(split("a \u3000! \tb", token("!", "l"))).containsExactly("a", "#0", " \tb");
        assertThat(split("a  ! \tb", token("!", "r"))).containsExactly("a  ", "#0", "b");
        assertThat(split("! ! !", token("!", "lr"))).containsExactly("#0", "#0", "#0");
    }

    @Test
    void singleWord_isFoundOnlyWhereNoLetterTouchesIt() {
        assertThat(split("cat cats (cat)", token("cat", "w"))).containsExactly("#0", " cats (", "#0", ")");
    }

    @Test
    void text_withoutTokens_isLeftWhole() {
        assertThat(split("a b", token("!", ""))).containsExactly("a b");
        assertThat(split("", token("!", ""))).isEmpty();
    }

    private static AddedToken token(String content, String flags) {
        return new AddedToken(content, flags.contains("w"), flags.contains("l"), flags.contains("r"), false, true);
    }

    private static List<String> split(String text, AddedToken... tokens) {
        AddedTokenMatcher.Builder matcher = new AddedTokenMatcher.Builder();
        for (int id = 0; id < tokens.length; id++) {
            matcher.add(tokens[id].content(), id, tokens[id]);
        }
        List<String> parts = new ArrayList<>();
        matcher.build().split(text, parts::add, id -> parts.add("#" + id));
        return parts;
    }
}
