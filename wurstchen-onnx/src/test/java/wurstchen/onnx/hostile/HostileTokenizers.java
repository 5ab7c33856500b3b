package wurstchen.onnx.hostile;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** Tokenizers that are none, or cost too much. Their author mends the manifest. */
final class HostileTokenizers {
    private static final String FOLDER = "tokenizer_c/";

    private HostileTokenizers() {}

    private static HostileBundle file(String name, String file, String content) {
        return new HostileBundle("tokenizer: " + name, copy -> copy.replace(FOLDER + file, content.getBytes(UTF_8)));
    }

    private static HostileBundle changed(String name, String file, String from, String to) {
        return new HostileBundle("tokenizer: " + name, copy -> {
            String content = new String(copy.read(FOLDER + file), UTF_8);
            if (!content.contains(from)) {
                throw new IllegalStateException(file + " has no " + from);
            }
            copy.replace(FOLDER + file, content.replace(from, to).getBytes(UTF_8));
        });
    }

    private static String tokens(int count, String format) {
        return IntStream.range(0, count).mapToObj(i -> String.format(format, i)).collect(Collectors.joining(","));
    }

    static Stream<HostileBundle> all() {
        return Stream.of(
                file("empty tokenizer.json", "tokenizer.json", ""),
                file("tokenizer.json is a list", "tokenizer.json", "[]"),
                file("tokenizer.json without anything", "tokenizer.json", "{}"),
                file("tokenizer.json nested 100,000 deep", "tokenizer.json", "[".repeat(100_000)),
                file("tokenizer.json of 33 MB", "tokenizer.json", " ".repeat(33 << 20)),
                changed("another normalizer", "tokenizer.json", "NFC", "NFD"),
                changed("another model", "tokenizer.json", "\"BPE\"", "\"WordPiece\""),
                changed("a suffix that is another", "tokenizer.json", "\"end_of_word_suffix\":", "\"suffix\":"),
                changed("no end token", "tokenizer.json", "\"sep\":", "\"other\":"),
                changed("an id beyond int", "tokenizer.json", "\"!\":", "\"\u4e00\": 99999999999, \"!\":"),
                changed("a negative id", "tokenizer.json", "\"!\":", "\"\u4e00\": -1, \"!\":"),
                changed("a token of 2,000 characters", "tokenizer.json", "\"!\":", "\"" + "a".repeat(2000) + "\": 1, \"!\":"),
                changed("a vocabulary that never ends", "tokenizer.json", "\"!\":", tokens(600_000, "\"t%d\": 1") + ", \"!\":"),
                changed("a merge of unknown tokens", "tokenizer.json", "\"merges\": [", "\"merges\": [\"\u001b[2J x\","),
                changed("merges that never end", "tokenizer.json", "\"merges\": [", "\"merges\": [" + "\"i n\",".repeat(600_000)),
                file("an empty pad token", "tokenizer_config.json", "{\"pad_token\": \"\"}"),
                file("an empty start token", "tokenizer_config.json", "{\"bos_token\": {\"content\": \"\"}}"),
                file("a pad token that is a number", "tokenizer_config.json", "{\"pad_token\": 7}"),
                file("a pad token of 100,000 characters", "tokenizer_config.json", "{\"pad_token\": \"" + "x".repeat(100_000) + "\"}"),
                file("another pad token than the manifest's", "tokenizer_config.json", "{\"pad_token\": \"\\u202e\", \"added_tokens_decoder\": {}}"),
                file("20,000 added tokens", "tokenizer_config.json",
                        "{\"added_tokens_decoder\": {" + tokens(20_000, "\"%1$d\": {\"content\": \"a%1$d\"}") + "}}"),
                file("an added token without content", "tokenizer_config.json", "{\"added_tokens_decoder\": {\"1\": {}}}"),
                file("an added token of a negative id", "tokenizer_config.json", "{\"added_tokens_decoder\": {\"-7\": {\"content\": \"a\"}}}"),
                new HostileBundle("tokenizer: bytes that are no text", copy -> copy.replace(FOLDER + "tokenizer.json", new byte[] {'{', (byte) 0xc3, '}'})),
                new HostileBundle("tokenizer: no files", copy -> copy.edit(root -> ((ObjectNode) root.at("/tokenizers/c")).put("folder", "nowhere"))));
    }
}
