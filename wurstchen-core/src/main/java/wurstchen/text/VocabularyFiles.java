package wurstchen.text;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.common.collect.ImmutableList;
import java.util.LinkedHashSet;
import java.util.Set;
import wurstchen.text.BytePairEncoding.Pair;

/** The older form of a tokenizer: {@code vocab.json} with the ids, {@code merges.txt} with one pair a line below a heading. */
final class VocabularyFiles {
    static final String VOCABULARY = "vocab.json";
    static final String MERGES = "merges.txt";

    /** CLIP's vocabulary without single bytes and the two special tokens; its merges.txt may hold more, which CLIP does not use. */
    private static final int MOST_MERGES = 49152 - 256 - 2;

    private VocabularyFiles() {}

    static TokenizerModel parse(JsonNode vocabulary, String merges, String unknown) {
        BytePairEncoding encoding = new BytePairEncoding(
                JsonFile.vocabulary(vocabulary, VOCABULARY), ImmutableList.copyOf(pairs(merges)), unknown, MERGES);
        return new TokenizerModel(encoding, ClipWords.plain(), ImmutableList.of(), null, null);
    }

    private static Set<Pair> pairs(String text) {
        String[] lines = text.strip().split("\r?\n", -1);
        Set<Pair> pairs = new LinkedHashSet<>();
        for (int i = 1; i < lines.length && i <= MOST_MERGES; i++) {
            String[] parts = lines[i].strip().split("\\s+");
            if (parts.length != 2) {
                throw JsonFile.unexpected(MERGES + ", line " + (i + 1), "two tokens with a space between", "\"" + lines[i] + "\"");
            }
            pairs.add(new Pair(parts[0], parts[1]));
        }
        return pairs;
    }
}
