package wurstchen.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.common.base.Strings;
import java.io.InputStream;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import wurstchen.golden.GoldenFile;

class ClipTokenizerTest {
    private static final String VOCABULARY_FORM = "tokenizer-vocab-endoftext";

    @Test
    void ids_ofHardTexts_areTheReferences() {
        JsonNode golden = GoldenFile.read("text.json");
        Map<String, JsonNode> cases = new HashMap<>();
        for (JsonNode tokenizer : GoldenFile.list(golden.path("tokenizers"))) {
            String folder = tokenizer.path("folder").asText();
            cases.put(folder, tokenizer.has("cases") ? tokenizer.path("cases") : cases.get(tokenizer.path("cases_of").asText()));
            ClipTokenizer java = golden(folder);
            assertThat(java.padToken()).isEqualTo(tokenizer.path("pad_token").asText());
            assertThat(java.padId()).isEqualTo(tokenizer.path("pad_id").longValue());
            for (JsonNode text : GoldenFile.list(cases.get(folder))) {
                TokenIds ids = java.encode(text.path("text").asText());
                long[] real = new long[text.path("ids").size()];
                for (int i = 0; i < real.length; i++) {
                    real[i] = text.path("ids").get(i).longValue();
                }
                String what = folder + ": " + text.path("text");
                assertThat(ids.ids()).as(what).isEqualTo(padded(real, java.padId(), java.maxLength()));
                assertThat(ids.attentionMask()).as(what).isEqualTo(padded(ones(real.length), 0, java.maxLength()));
                assertThat(ids.truncated()).as(what).isEqualTo(!text.path("dropped").isNull());
                assertThat(ids.dropped()).as(what).isEqualTo(text.path("dropped").asText(""));
            }
        }
    }

    @Test
    void prompt_thatFits_isKeptWhole() {
        TokenIds ids = golden(VOCABULARY_FORM).encode("A Cat,\tin  the HAT");
        assertThat(ids.kept()).isEqualTo("a cat , in the hat");
        assertThat(ids.dropped()).isEmpty();
        assertThat(ids.truncated()).isFalse();
        assertThat(ids.droppedTokens()).isZero();
    }

    @Test
    void prompt_thatIsTooLong_reportsWhatWasDropped() {
        ClipTokenizer five = ClipTokenizer.load(resources(VOCABULARY_FORM), 5);
        TokenIds ids = five.encode("1 2 3 4 5");
        assertThat(ids.length()).isEqualTo(5);
        assertThat(ids.attentionMask()).containsExactly(1, 1, 1, 1, 1);
        assertThat(ids.kept()).isEqualTo("1 2 3");
        assertThat(ids.dropped()).isEqualTo("4 5");
        assertThat(ids.droppedTokens()).isEqualTo(2);
        assertThat(ids.truncated()).isTrue();
    }

    @Test
    void loneSurrogates_countAsReplacementCharacters() {
        ClipTokenizer tokenizer = golden(VOCABULARY_FORM);
        assertThat(tokenizer.encode("a\ud800b\udc00\ud83d\ude00\ud83d"))
                .isEqualTo(tokenizer.encode("a\ufffdb\ufffd\ud83d\ude00\ufffd"));
    }

    @Test
    void padThatIsAnAddedToken_splitsOffWhereverItStands() {
        ClipTokenizer bang = golden("tokenizer-vocab-bang");
        long[] ids = bang.encode("!?!").ids();
        assertThat(ids[1]).isEqualTo(bang.padId());
        assertThat(ids[3]).isEqualTo(bang.padId());
        assertThat(bang.encode("!?!").attentionMask()[3]).isEqualTo(1);
    }

    /** A merge loop that looks for the best pair anew each time would take hours. */
    @Test
    void word_of100000Letters_isEncodedAtOnce() {
        ClipTokenizer tokenizer = golden(VOCABULARY_FORM);
        for (String letter : List.of("a", "\u00e9", "!", "\u0301", "\ud83d\ude00", "e\u0301")) {
            String word = Strings.repeat(letter, 100_000 / letter.length());
            TokenIds ids = Assertions.assertTimeoutPreemptively(Duration.ofSeconds(20), () -> tokenizer.encode(word));
            assertThat(ids.truncated()).isTrue();
        }
    }

    /** Each was quadratic, or could become so. */
    @ParameterizedTest
    @ValueSource(strings = {"\u0334\u0301", "\u0301a\u0334", "a", "ab ", "'ll", "<|endoftext|>", " ", "!\ud83d\ude00", "1\u00bd", "\uac01\u11a8"})
    void promptOfAMegabyte_isEncodedInLinearTime(String part) {
        ClipTokenizer tokenizer = golden(VOCABULARY_FORM);
        String prompt = Strings.repeat(part, 1_000_000 / part.length());
        Assertions.assertTimeoutPreemptively(Duration.ofSeconds(30), () -> tokenizer.encode(prompt));
    }

    @ParameterizedTest
    @ValueSource(strings = {"\u0334\u0301", "a", "a ", "<|endoftext|>a"})
    void longPrompt_asksManyTimesWhetherToStop(String part) {
        AtomicInteger calls = new AtomicInteger();
        Runnable stopLater = () -> {
            if (calls.incrementAndGet() == 5) {
                throw new IllegalStateException("stopped");
            }
        };
        String prompt = Strings.repeat(part, 200_000);
        assertThatThrownBy(() -> golden(VOCABULARY_FORM).encode(prompt, stopLater)).hasMessage("stopped");
    }

    @Test
    void tokenizer_usedByManyThreads_givesTheSameIds() {
        ClipTokenizer tokenizer = golden(VOCABULARY_FORM);
        TokenIds alone = tokenizer.encode("a photo of a cat");
        assertThat(IntStream.range(0, 2000).parallel().mapToObj(i -> tokenizer.encode("a photo of a cat")))
                .allMatch(alone::equals);
    }

    @Test
    void length_withoutRoomForStartAndEnd_throws() {
        assertThatThrownBy(() -> ClipTokenizer.load(resources(VOCABULARY_FORM), 1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("maximum length must be at least 2 (start and end token), got 1; CLIP's is 77");
    }

    private static ClipTokenizer golden(String folder) {
        return ClipTokenizer.load(resources(folder), 77);
    }

    private static TokenizerFiles resources(String folder) {
        return name -> {
            try (InputStream file = ClipTokenizerTest.class.getResourceAsStream("/golden/" + folder + "/" + name)) {
                return file == null ? Optional.empty() : Optional.of(file.readAllBytes());
            }
        };
    }

    private static long[] padded(long[] real, long pad, int length) {
        long[] values = Arrays.copyOf(real, length);
        Arrays.fill(values, real.length, length, pad);
        return values;
    }

    private static long[] ones(int count) {
        long[] ones = new long[count];
        Arrays.fill(ones, 1);
        return ones;
    }
}
