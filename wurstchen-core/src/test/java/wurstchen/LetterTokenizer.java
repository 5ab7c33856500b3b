package wurstchen;

import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;
import wurstchen.text.ClipTokenizer;

/** A real tokenizer with a vocabulary of a few letters. */
final class LetterTokenizer {
    private static final String VOCABULARY =
            """
            {"a": 0, "b": 1, "c": 2, "a</w>": 3, "b</w>": 4, "c</w>": 5, "<|startoftext|>": 6, "<|endoftext|>": 7}
            """;
    private static final Map<String, String> FILES = Map.of("vocab.json", VOCABULARY, "merges.txt", "#version: 0.2\n");

    private LetterTokenizer() {}

    static ClipTokenizer create(int maxLength) {
        return ClipTokenizer.load(
                name -> Optional.ofNullable(FILES.get(name)).map(text -> text.getBytes(StandardCharsets.UTF_8)), maxLength);
    }
}
