package wurstchen.text;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Assertions;
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

    /** Walking through the spaces anew from each token would take hours. */
    @Test
    void spacesThatAreTokens_areWalkedThroughOnce() {
        String spaces = " ".repeat(2_000_000);
        List<String> found = Assertions.assertTimeoutPreemptively(Duration.ofSeconds(20), () -> split(spaces, token(" ", "lr")));
        assertThat(found).hasSize(spaces.length()).allMatch("#0"::equals);
    }

    @Test
    void manyTokensWithOneBeginning_areFoundWithoutTryingEach() {
        AddedToken[] tokens = IntStream.range(0, 20_000).mapToObj(i -> token("aaaa" + i, "")).toArray(AddedToken[]::new);
        String text = "a".repeat(1_000_000) + "19999";
        List<String> found = Assertions.assertTimeoutPreemptively(Duration.ofSeconds(20), () -> split(text, tokens));
        assertThat(found).containsExactly("a".repeat(999_996), "#19999");
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
