package wurstchen.text;

import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** A tokenizer of a few tokens whose files a test can change: ids 0 to 7 are a, b, a&lt;/w>, b&lt;/w>, ab, ab&lt;/w>, start, end. */
final class TinyFiles implements TokenizerFiles {
    private final Map<String, byte[]> files = new LinkedHashMap<>();

    /** The form with vocab.json and merges.txt. */
    static TinyFiles vocabulary() {
        return new TinyFiles()
                .with("vocab.json", vocabularyJson())
                .with("merges.txt", "#version: 0.2\na b\na b</w>\n");
    }

    /** The form with tokenizer.json, as transformers 5 writes it. */
    static TinyFiles json() {
        return new TinyFiles().with("tokenizer.json", tokenizerJson());
    }

    static String vocabularyJson() {
        return """
                {"a": 0, "b": 1, "a</w>": 2, "b</w>": 3, "ab": 4, "ab</w>": 5, "<|startoftext|>": 6, "<|endoftext|>": 7}""";
    }

    static String tokenizerJson() {
        return """
                {"added_tokens": [
                   {"id": 6, "content": "<|startoftext|>", "single_word": false, "lstrip": false, "rstrip": false, "normalized": false,
                    "special": true},
                   {"id": 7, "content": "<|endoftext|>", "single_word": false, "lstrip": false, "rstrip": false, "normalized": false,
                    "special": true}],
                 "normalizer": {"type": "Sequence", "normalizers": [{"type": "NFC"},
                   {"type": "Replace", "pattern": {"Regex": "\\\\s+"}, "content": " "}, {"type": "Lowercase"}]},
                 "pre_tokenizer": {"type": "Sequence", "pretokenizers": [{"type": "Split", "pattern": {"Regex":
                   "<\\\\|startoftext\\\\|>|<\\\\|endoftext\\\\|>|'s|'t|'re|'ve|'m|'ll|'d|[\\\\p{L}]+|[\\\\p{N}]|[^\\\\s\\\\p{L}\\\\p{N}]+"},
                   "behavior": "Removed", "invert": true},
                   {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": true}]},
                 "post_processor": {"type": "RobertaProcessing", "sep": ["<|endoftext|>", 7], "cls": ["<|startoftext|>", 6]},
                 "model": {"type": "BPE", "unk_token": "<|endoftext|>", "continuing_subword_prefix": "", "end_of_word_suffix": "</w>",
                   "fuse_unk": false, "vocab": VOCAB, "merges": [["a", "b"], "a b</w>"]}}"""
                .replace("VOCAB", vocabularyJson());
    }

    TinyFiles with(String name, String content) {
        files.put(name, content.getBytes(StandardCharsets.UTF_8));
        return this;
    }

    TinyFiles with(String name, byte[] content) {
        files.put(name, content);
        return this;
    }

    TinyFiles without(String name) {
        files.remove(name);
        return this;
    }

    /** Changes part of a file; fails if the part is not there. */
    TinyFiles replacing(String name, String part, String by) {
        String content = new String(files.get(name), StandardCharsets.UTF_8);
        if (!content.contains(part)) {
            throw new IllegalStateException(name + " does not contain " + part);
        }
        return with(name, content.replace(part, by));
    }

    @Override
    public Optional<byte[]> read(String name) {
        return Optional.ofNullable(files.get(name));
    }
}
