package wurstchen.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a hostile tokenizer may cost. */
class TokenizerLimitsTest {
    private static void refused(TokenizerFiles files, String message) {
        assertThatThrownBy(() -> ClipTokenizer.load(files, 8)).isInstanceOf(IllegalArgumentException.class).hasMessage(message);
    }

    private static String decoder(int tokens) {
        return IntStream.range(0, tokens)
                .mapToObj(i -> "\"" + (8 + i) + "\": {\"content\": \"token" + i + "\", \"special\": true}")
                .collect(Collectors.joining(", ", "{\"added_tokens_decoder\": {", "}}"));
    }

    @ParameterizedTest
    @CsvSource({"bos_token", "eos_token", "unk_token", "pad_token", "mask_token"})
    void emptySpecialToken_isNamed(String role) {
        refused(
                TinyFiles.vocabulary().with("tokenizer_config.json", "{\"" + role + "\": \"\"}"),
                "tokenizer_config.json, " + role + ": expected a token of at least one character, found \"\"");
        refused(
                TinyFiles.json().with("special_tokens_map.json", "{\"" + role + "\": {\"content\": \"\"}}"),
                "special_tokens_map.json, " + role + ": expected a token of at least one character, found {\"content\":\"\"}");
    }

    @Test
    void negativeId_isNamed() {
        refused(
                TinyFiles.vocabulary().with("tokenizer_config.json", "{\"added_tokens_decoder\": {\"-1\": {\"content\": \"y\"}}}"),
                "tokenizer_config.json, added_tokens_decoder: expected an id from 0 to 2147483647, found \"-1\"");
    }

    /** Looking for each among all before would take minutes. */
    @Test
    void addedTokens_upToTheLimit_areReadInLinearTime() {
        TinyFiles files = TinyFiles.vocabulary().with("tokenizer_config.json", decoder(10_000));
        ClipTokenizer tokenizer = Assertions.assertTimeoutPreemptively(Duration.ofSeconds(20), () -> ClipTokenizer.load(files, 4));
        assertThat(tokenizer.encode("token9999").ids()).containsExactly(6, 8 + 9999, 7, 7);
    }

    @Test
    void addedTokens_beyondTheLimit_areRefused() {
        refused(
                TinyFiles.vocabulary().with("tokenizer_config.json", decoder(10_001)),
                "tokenizer_config.json, added_tokens_decoder: expected at most 10000 added tokens, found 10001");
        String added = IntStream.range(0, 10_001).mapToObj(i -> "\"t" + i + "\": " + (8 + i)).collect(Collectors.joining(", ", "{", "}"));
        refused(TinyFiles.vocabulary().with("added_tokens.json", added), "added_tokens.json: expected at most 10000 added tokens, found 10001");
    }

    @Test
    void longTokens_areRefused() {
        String longest = "a".repeat(256);
        TinyFiles files = TinyFiles.vocabulary().with("tokenizer_config.json", "{\"pad_token\": \"" + longest + "\"}");
        assertThat(ClipTokenizer.load(files, 4).padToken()).isEqualTo(longest);
        String found = "found \"" + "a".repeat(59) + "...";
        refused(
                TinyFiles.vocabulary().with("tokenizer_config.json", "{\"pad_token\": \"a" + longest + "\"}"),
                "tokenizer_config.json, pad_token: expected tokens of at most 256 characters, " + found);
        refused(
                TinyFiles.vocabulary().with("added_tokens.json", "{\"a" + longest + "\": 8}"),
                "added_tokens.json: expected tokens of at most 256 characters, " + found);
        refused(
                TinyFiles.vocabulary().with("vocab.json", "{\"" + "a".repeat(1025) + "\": 8}"),
                "vocab.json: expected tokens of at most 1024 characters, " + found);
    }

    @Test
    void vocabularies_haveALimit() {
        String tokens = IntStream.rangeClosed(0, 1 << 19).mapToObj(i -> "\"" + i + "\":0").collect(Collectors.joining(",", "{", "}"));
        refused(TinyFiles.vocabulary().with("vocab.json", tokens), "vocab.json: expected at most 524288 tokens, found 524289");
    }

    @Test
    void merges_haveALimit() {
        String merges = "[" + "\"a b\",".repeat(1 << 19) + "\"a b\"]";
        refused(
                TinyFiles.json().replacing("tokenizer.json", "[[\"a\", \"b\"], \"a b</w>\"]", merges),
                "tokenizer.json, model, merges: expected at most 524288 merges, found 524289");
    }

    @Test
    void files_haveALimit() {
        refused(
                TinyFiles.vocabulary().with("vocab.json", new byte[TokenizerFiles.MAX_BYTES + 1]),
                "vocab.json: expected at most 33554432 bytes, found more");
    }

    @Test
    void deepJson_isRefused() {
        assertThatThrownBy(() -> ClipTokenizer.load(TinyFiles.vocabulary().with("vocab.json", "[".repeat(100_000)), 8))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("vocab.json: expected JSON, found Document nesting depth (1001) exceeds the maximum allowed");
    }
}
