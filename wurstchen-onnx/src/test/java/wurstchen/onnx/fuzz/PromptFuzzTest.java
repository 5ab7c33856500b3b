package wurstchen.onnx.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.util.List;
import wurstchen.onnx.ModelInTheBox;
import wurstchen.text.ClipTokenizer;
import wurstchen.text.TokenIds;

/** Prompts of any length and characters, with the tokenizer of the miniature. */
class PromptFuzzTest {
    private static final ClipTokenizer TOKENIZER = ClipTokenizer.load(ModelInTheBox.FOLDER.resolve("tokenizer_c"), 77);

    @FuzzTest(maxDuration = HostileInput.DURATION)
    void anyText_isEncoded(byte[] input) {
        String prompt = HostileInput.text(input);
        HostileInput.read(() -> {
            TokenIds ids = TOKENIZER.encode(prompt);
            List<TokenIds> windows = TOKENIZER.encodeWindows(prompt, () -> {});
            assertThat(ids.ids()).hasSize(77);
            assertThat(windows).hasSize(Math.max(1, (TOKENIZER.count(prompt, () -> {}) + 74) / 75));
            if (!ids.truncated()) {
                assertThat(windows).containsExactly(ids);
            }
        });
    }
}
