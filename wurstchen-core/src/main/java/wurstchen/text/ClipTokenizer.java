package wurstchen.text;

import static com.google.common.base.Preconditions.checkArgument;
import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.common.collect.ImmutableMap;
import com.google.common.primitives.ImmutableIntArray;
import com.google.common.primitives.ImmutableLongArray;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * CLIP's tokenizer: byte-level byte pair encoding, with the ids of the reference ({@code CLIPTokenizerFast} of transformers 4.57.6) for any
 * text.
 *
 * <p>Reads {@code tokenizer.json} if there is one, otherwise {@code vocab.json} with {@code merges.txt}; the pad token and the other
 * special tokens come from {@code tokenizer_config.json}, {@code special_tokens_map.json} and {@code added_tokens.json} beside it. The files
 * are not trusted: one that is malformed is refused with its name, what was expected and what was found.
 *
 * <p>Immutable and thread-safe.
 */
public final class ClipTokenizer {
    private final BytePairEncoding encoding;
    private final ClipWords words;
    private final AddedTokenMatcher inText;
    private final AddedTokenMatcher inNormalizedText;
    private final ImmutableMap<Integer, String> tokens;
    private final int startId;
    private final int endId;
    private final int padId;
    private final String padToken;
    private final int maxLength;

    private ClipTokenizer(TokenizerModel model, TokenizerConfig config, int maxLength) {
        this.encoding = model.encoding();
        this.words = model.words();
        this.maxLength = maxLength;
        AddedTokens added = new AddedTokens(encoding.vocabulary());
        added.addAll(model.added());
        config.addTo(added);
        this.inText = added.matcher(false);
        this.inNormalizedText = added.matcher(true);
        this.startId = id(model.startId(), added, config.start());
        this.endId = id(model.endId(), added, config.end());
        this.padToken = config.pad().content();
        this.padId = id(null, added, config.pad());
        Map<Integer, String> byId = new HashMap<>();
        encoding.vocabulary().forEach((token, id) -> byId.put(id, token));
        byId.putAll(added.contents());
        this.tokens = ImmutableMap.copyOf(byId);
    }

    /** The id that the model file says, or else that of a token of the configuration, all of which were added. */
    private static int id(@Nullable Integer modelId, AddedTokens added, AddedToken token) {
        return modelId != null ? modelId : requireNonNull(added.id(token.content()));
    }

    /**
     * Reads a tokenizer from a folder.
     *
     * @param folder a folder as diffusers writes it, {@code tokenizer} of a text encoder
     * @param maxLength how many ids a prompt becomes, with start, end and pads; 77 for CLIP, at least 2
     * @return the tokenizer
     * @throws IllegalArgumentException if files are missing or malformed; it names the file, what was expected and what was found
     * @throws java.io.UncheckedIOException if a file is there but cannot be read
     */
    public static ClipTokenizer load(Path folder, int maxLength) {
        return load(TokenizerFiles.in(folder), maxLength);
    }

    /**
     * Reads a tokenizer from anywhere.
     *
     * @param files the files by name; asked only during this call
     * @param maxLength how many ids a prompt becomes, with start, end and pads; 77 for CLIP, at least 2
     * @return the tokenizer
     * @throws IllegalArgumentException if files are missing or malformed; it names the file, what was expected and what was found
     * @throws java.io.UncheckedIOException if a file is there but cannot be read
     */
    public static ClipTokenizer load(TokenizerFiles files, int maxLength) {
        checkArgument(maxLength >= 2, "maximum length must be at least 2 (start and end token), got %s; CLIP's is 77", maxLength);
        Optional<JsonNode> json = JsonFile.object(files, TokenizerJson.NAME);
        if (json.isPresent()) {
            TokenizerModel model = TokenizerJson.parse(json.get());
            return new ClipTokenizer(model, new TokenizerConfig(files, withIds(model), false), maxLength);
        }
        Optional<JsonNode> vocabulary = JsonFile.object(files, VocabularyFiles.VOCABULARY);
        Optional<String> merges = JsonFile.text(files, VocabularyFiles.MERGES);
        checkArgument(
                vocabulary.isPresent() && merges.isPresent(),
                "a tokenizer needs tokenizer.json, or vocab.json and merges.txt; found vocab.json: %s, merges.txt: %s, no tokenizer.json",
                vocabulary.isPresent() ? "yes" : "no",
                merges.isPresent() ? "yes" : "no");
        TokenizerConfig config = new TokenizerConfig(files, ImmutableMap.of(), true);
        return new ClipTokenizer(
                VocabularyFiles.parse(vocabulary.get(), merges.get(), config.unknown().content()), config, maxLength);
    }

    private static ImmutableMap<Integer, AddedToken> withIds(TokenizerModel model) {
        AddedTokens added = new AddedTokens(model.encoding().vocabulary());
        added.addAll(model.added());
        Map<Integer, AddedToken> byId = new HashMap<>();
        model.added().forEach(token -> {
            if (!token.content().isEmpty()) {
                byId.put(added.id(token.content()), token);
            }
        });
        return ImmutableMap.copyOf(byId);
    }

    /**
     * Encodes a prompt. One that is too long is cut at the end, and the result says what was dropped.
     *
     * @param prompt any text, also empty; a surrogate without a partner counts as U+FFFD
     * @return {@link #maxLength} ids with their mask
     */
    public TokenIds encode(String prompt) {
        return encode(prompt, () -> {});
    }

    /**
     * Encodes a prompt, as {@link #encode(String)}, and can be stopped: a text of any length takes time in proportion to it, a second a
     * million characters at most on a desktop processor.
     *
     * @param prompt any text, also empty; a surrogate without a partner counts as U+FFFD
     * @param checkpoint called on this thread before each word and at least every few milliseconds; what it throws ends the work and reaches
     *     the caller
     * @return {@link #maxLength} ids with their mask
     */
    public TokenIds encode(String prompt, Runnable checkpoint) {
        ImmutableIntArray all = encodeAll(ClipNormalizer.wellFormed(prompt), checkpoint);
        int kept = Math.min(all.length(), maxLength - 2);
        return row(all.subArray(0, kept), all.subArray(kept, all.length()));
    }

    /**
     * Encodes a prompt in windows, so that nothing is dropped.
     *
     * @param prompt any text, also empty
     * @param checkpoint as for {@link #encode(String, Runnable)}
     * @return one row for each {@link #maxLength} - 2 tokens, at least one; the one row of a prompt that fits is that of {@link #encode(String)}
     */
    public List<TokenIds> encodeWindows(String prompt, Runnable checkpoint) {
        ImmutableIntArray all = encodeAll(ClipNormalizer.wellFormed(prompt), checkpoint);
        int window = Math.max(1, maxLength - 2);
        List<TokenIds> rows = new ArrayList<>();
        for (int from = 0; from == 0 || from < all.length(); from += window) {
            rows.add(row(all.subArray(from, Math.min(all.length(), from + window)), ImmutableIntArray.of()));
        }
        return rows;
    }

    /**
     * Counts the tokens of a text, without start, end and pads.
     *
     * @param text any text, also empty
     * @param checkpoint as for {@link #encode(String, Runnable)}
     * @return 0 or more
     */
    public int count(String text, Runnable checkpoint) {
        return encodeAll(ClipNormalizer.wellFormed(text), checkpoint).length();
    }

    private TokenIds row(ImmutableIntArray kept, ImmutableIntArray dropped) {
        ImmutableLongArray.Builder ids = ImmutableLongArray.builder(maxLength);
        ImmutableLongArray.Builder mask = ImmutableLongArray.builder(maxLength);
        ids.add(startId);
        kept.forEach(ids::add);
        ids.add(endId);
        for (int i = 0; i < maxLength; i++) {
            mask.add(i < kept.length() + 2 ? 1 : 0);
            if (i >= kept.length() + 2) {
                ids.add(padId);
            }
        }
        return new TokenIds(ids.build(), mask.build(), text(kept), text(dropped), dropped.length());
    }

    private ImmutableIntArray encodeAll(String prompt, Runnable checkpoint) {
        ImmutableIntArray.Builder ids = ImmutableIntArray.builder();
        inText.split(
                prompt,
                text -> inNormalizedText.split(
                        ClipNormalizer.normalize(text, checkpoint),
                        normalized -> words.split(normalized, word -> {
                            checkpoint.run();
                            encoding.encode(word, checkpoint, ids::add);
                        }),
                        ids::add),
                ids::add);
        return ids.build();
    }

    private String text(ImmutableIntArray ids) {
        StringBuilder characters = new StringBuilder();
        ids.forEach(id -> characters.append(tokens.getOrDefault(id, "")));
        return ByteAlphabet.decode(characters.toString()).replace(BytePairEncoding.END_OF_WORD, " ").strip();
    }

    /**
     * Returns how many ids a prompt becomes.
     *
     * @return the length given to {@code load}
     */
    public int maxLength() {
        return maxLength;
    }

    /**
     * Returns the token that fills up short prompts, as the files say.
     *
     * @return usually {@code <|endoftext|>} or {@code !}
     */
    public String padToken() {
        return padToken;
    }

    /**
     * Returns the id of {@link #padToken}.
     *
     * @return an id of the vocabulary or of an added token
     */
    public long padId() {
        return padId;
    }
}
