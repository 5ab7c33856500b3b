package wurstchen.onnx.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import com.google.common.collect.ImmutableMap;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import wurstchen.text.ClipTokenizer;

/** Files of a tokenizer: the first byte says which file the rest replaces. */
class TokenizerFilesFuzzTest {
    private static final ImmutableMap<String, String> FILES = ImmutableMap.of(
            "vocab.json",
            """
            {"a": 0, "b": 1, "a</w>": 2, "b</w>": 3, "ab": 4, "ab</w>": 5, "<|startoftext|>": 6, "<|endoftext|>": 7}""",
            "merges.txt",
            "#version: 0.2\na b\na b</w>\n",
            "tokenizer_config.json",
            "{}",
            "special_tokens_map.json",
            "{}",
            "added_tokens.json",
            "{}",
            "tokenizer.json",
            "");

    @FuzzTest(maxDuration = HostileInput.DURATION)
    void tokenizerOfAnyFiles_encodesAnything(byte[] input) {
        if (input.length == 0) {
            return;
        }
        Map<String, byte[]> files = new HashMap<>();
        FILES.forEach((name, content) -> {
            if (!content.isEmpty()) {
                files.put(name, content.getBytes(StandardCharsets.UTF_8));
            }
        });
        String replaced = FILES.keySet().asList().get(Byte.toUnsignedInt(input[0]) % FILES.size());
        files.put(replaced, Arrays.copyOfRange(input, 1, input.length));
        ClipTokenizer[] tokenizer = new ClipTokenizer[1];
        HostileInput.read(
                () -> tokenizer[0] = ClipTokenizer.load(name -> Optional.ofNullable(files.get(name)), 8), IllegalArgumentException.class);
        if (tokenizer[0] != null) {
            HostileInput.read(() -> assertThat(tokenizer[0].encode("a b <|endoftext|> é ab! " + tokenizer[0].padToken()).ids())
                    .hasSize(8));
        }
    }
}
