package wurstchen.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.assertj.core.api.AbstractThrowableAssert;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TokenizerFilesTest {
    @Test
    void bothForms_giveTheSameIds() {
        long[] expected = {6, 4, 5, 2, 7, 7, 7, 7};
        assertThat(ids(TinyFiles.vocabulary(), "ABab a")).isEqualTo(expected);
        assertThat(ids(TinyFiles.json(), "ABab a")).isEqualTo(expected);
    }

    @Test
    void folder_isReadByName(@TempDir Path folder) throws IOException {
        Files.writeString(folder.resolve("tokenizer.json"), TinyFiles.tokenizerJson());
        assertThat(ClipTokenizer.load(folder, 8).encode("ab").ids()).isEqualTo(ids(TinyFiles.json(), "ab"));
    }

    @Test
    void folder_withoutATokenizer_throws(@TempDir Path folder) {
        assertThatThrownBy(() -> ClipTokenizer.load(folder, 8))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("a tokenizer needs tokenizer.json, or vocab.json and merges.txt;"
                        + " found vocab.json: no, merges.txt: no, no tokenizer.json");
        assertRefused(TinyFiles.vocabulary().without("merges.txt"))
                .hasMessage("a tokenizer needs tokenizer.json, or vocab.json and merges.txt;"
                        + " found vocab.json: yes, merges.txt: no, no tokenizer.json");
    }

    @Test
    void file_thatCannotBeRead_isNamed() {
        TokenizerFiles broken = name -> {
            throw new IOException("disk on fire");
        };
        assertThatThrownBy(() -> ClipTokenizer.load(broken, 8))
                .isInstanceOf(UncheckedIOException.class)
                .hasMessage("tokenizer.json: cannot be read: java.io.IOException: disk on fire");
    }

    @Test
    void byteOutsideTheVocabulary_becomesTheUnknownToken() {
        assertThat(ids(TinyFiles.vocabulary(), "axb")).containsExactly(6, 0, 7, 3, 7, 7, 7, 7);
        TinyFiles none = TinyFiles.json().replacing("tokenizer.json", "\"unk_token\": \"<|endoftext|>\"", "\"unk_token\": null");
        assertThat(ids(none, "axb")).containsExactly(6, 5, 7, 7, 7, 7, 7, 7);
    }

    @Test
    void pad_comesFromTheFolder() {
        String map = "{\"pad_token\": \"[PAD]\"}";
        ClipTokenizer tokenizer = ClipTokenizer.load(TinyFiles.vocabulary().with("special_tokens_map.json", map), 4);
        assertThat(tokenizer.padToken()).isEqualTo("[PAD]");
        assertThat(tokenizer.encode("").ids()).containsExactly(6, 7, 8, 8);
        assertThat(tokenizer.encode("a[PAD]b").ids()).containsExactly(6, 2, 8, 7);
    }

    @Test
    void pad_inTheConfigurationWithADecoder_winsOverTheMap() {
        TinyFiles files = TinyFiles.vocabulary()
                .with("special_tokens_map.json", "{\"pad_token\": \"b\"}")
                .with(
                        "tokenizer_config.json",
                        "{\"pad_token\": \"a\", \"added_tokens_decoder\": {\"0\": {\"content\": \"a\", \"special\": true}}}");
        assertThat(ClipTokenizer.load(files, 4).padToken()).isEqualTo("a");
        assertThat(ids(files, "ab")).containsExactly(6, 0, 3, 7, 0, 0, 0, 0);
    }

    @Test
    void json_thatIsNone_isNamed() {
        assertThatThrownBy(() -> ClipTokenizer.load(TinyFiles.vocabulary().with("vocab.json", "{\"a\": "), 8))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("vocab.json: expected JSON, found Unexpected end-of-input");
        assertRefused(TinyFiles.vocabulary().with("vocab.json", "[1]")).hasMessage("vocab.json: expected a JSON object, found [1]");
        assertRefused(TinyFiles.vocabulary().with("vocab.json", new byte[] {'{', (byte) 0xff, '}'}))
                .hasMessage("vocab.json: expected UTF-8 text, found bytes that are not");
    }

    @Test
    void id_thatIsNoId_isNamed() {
        assertRefused(TinyFiles.vocabulary().replacing("vocab.json", "\"ab\": 4", "\"ab\": -4"))
                .hasMessage("vocab.json, token \"ab\": expected an id from 0 to 2147483647, found -4");
        assertRefused(TinyFiles.vocabulary().replacing("vocab.json", "\"ab\": 4", "\"ab\": \"4\""))
                .hasMessage("vocab.json, token \"ab\": expected an id from 0 to 2147483647, found \"4\"");
    }

    @Test
    void merge_thatIsNoPair_isNamed() {
        assertRefused(TinyFiles.vocabulary().with("merges.txt", "#version: 0.2\na b\nabc\n"))
                .hasMessage("merges.txt, line 3: expected two tokens with a space between, found \"abc\"");
        assertRefused(TinyFiles.json().replacing("tokenizer.json", "[\"a\", \"b\"]", "[\"a\", \"b\", \"c\"]"))
                .hasMessage("tokenizer.json, model, merges: expected \"left right\" or [\"left\", \"right\"], found [\"a\",\"b\",\"c\"]");
    }

    @Test
    void merge_ofUnknownTokens_isNamed() {
        assertRefused(TinyFiles.vocabulary().with("merges.txt", "#version: 0.2\na b\nb a\n"))
                .hasMessage("merges.txt: merge 2 must join and make tokens of the vocabulary, found \"ba\" which is not in it;"
                        + " vocabulary and merges must come from the same tokenizer");
    }

    @Test
    void anotherNormalizer_isRefused() {
        assertRefused(TinyFiles.json().replacing("tokenizer.json", "\"NFC\"", "\"NFKC\""))
                .hasMessageStartingWith("tokenizer.json, normalizer: expected CLIP's (NFC, white space to one space, lower case), found {");
    }

    @Test
    void anotherPreTokenizer_isRefused() {
        assertRefused(TinyFiles.json().replacing("tokenizer.json", "'s|'t", "'s|'x"))
                .hasMessageStartingWith("tokenizer.json, pre_tokenizer: expected CLIP's (a split into words, then bytes), found {");
    }

    @Test
    void anotherModel_isRefused() {
        assertRefused(TinyFiles.json().replacing("tokenizer.json", "\"type\": \"BPE\"", "\"type\": \"Unigram\""))
                .hasMessageStartingWith("tokenizer.json, model: expected BPE with the suffix </w>, without prefix, dropout, fuse_unk,"
                        + " byte_fallback and ignore_merges, found {");
    }

    @Test
    void anotherPostProcessor_isRefused() {
        assertRefused(TinyFiles.json().replacing("tokenizer.json", "RobertaProcessing", "ByteLevel"))
                .hasMessageStartingWith("tokenizer.json, post_processor: expected RobertaProcessing with the start and end token, found {");
        assertRefused(TinyFiles.json().replacing("tokenizer.json", "[\"<|endoftext|>\", 7]", "\"<|endoftext|>\""))
                .hasMessage("tokenizer.json, post_processor, sep: expected [token, id], found nothing");
    }

    @Test
    void specialToken_thatIsNone_isNamed() {
        assertRefused(TinyFiles.vocabulary().with("tokenizer_config.json", "{\"pad_token\": 5}"))
                .hasMessage("tokenizer_config.json, pad_token: expected a token, found 5");
        assertRefused(TinyFiles.vocabulary().with("special_tokens_map.json", "{\"pad_token\": {\"lstrip\": true}}"))
                .hasMessage("special_tokens_map.json, pad_token, content: expected a string, found nothing");
        assertRefused(TinyFiles.vocabulary().with("tokenizer_config.json", "{\"added_tokens_decoder\": {\"x\": {\"content\": \"y\"}}}"))
                .hasMessage("tokenizer_config.json, added_tokens_decoder: expected an id from 0 to 2147483647, found \"x\"");
    }

    private static long[] ids(TokenizerFiles files, String text) {
        return ClipTokenizer.load(files, 8).encode(text).ids();
    }

    private static AbstractThrowableAssert<?, ?> assertRefused(TokenizerFiles files) {
        return assertThatThrownBy(() -> ClipTokenizer.load(files, 8)).isInstanceOf(IllegalArgumentException.class);
    }
}
