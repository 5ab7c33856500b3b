package wurstchen.text;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.common.collect.ImmutableList;
import java.util.ArrayList;
import java.util.List;
import wurstchen.text.BytePairEncoding.Pair;

/**
 * The newer form of a tokenizer: one {@code tokenizer.json} that also says how text is normalised, cut and finished.
 *
 * <p>Only what CLIP tokenizers say is understood, in the spellings of transformers 4 and 5; anything else is refused, since it would give
 * other ids without a word.
 */
final class TokenizerJson {
    static final String NAME = "tokenizer.json";

    private TokenizerJson() {}

    static TokenizerModel parse(JsonNode root) {
        checkNormalizer(root.path("normalizer"));
        ClipWords words = words(root.path("pre_tokenizer"));
        JsonNode finish = root.path("post_processor");
        JsonFile.require(
                finish,
                node -> node.path("type").asText().equals("RobertaProcessing"),
                NAME + ", post_processor",
                "RobertaProcessing with the start and end token");
        return new TokenizerModel(encoding(root.path("model")), words, added(root), id(finish, "cls"), id(finish, "sep"));
    }

    private static void checkNormalizer(JsonNode normalizer) {
        List<String> steps = new ArrayList<>();
        for (JsonNode step : normalizer.path("normalizers")) {
            String type = step.path("type").asText();
            steps.add(
                    type.equals("Replace")
                            ? type + " " + step.path("pattern").path("Regex").asText() + "->" + step.path("content").asText()
                            : type);
        }
        if (!steps.equals(List.of("NFC", "Replace \\s+-> ", "Lowercase"))) {
            throw JsonFile.unexpected(NAME + ", normalizer", "CLIP's (NFC, white space to one space, lower case)", normalizer.toString());
        }
    }

    private static ClipWords words(JsonNode preTokenizer) {
        JsonNode split = preTokenizer.path("pretokenizers").path(0);
        JsonNode bytes = preTokenizer.path("pretokenizers").path(1);
        boolean understood = split.path("type").asText().equals("Split")
                && split.path("behavior").asText().equals("Removed")
                && split.path("invert").asBoolean()
                && bytes.path("type").asText().equals("ByteLevel")
                && !bytes.path("add_prefix_space").asBoolean();
        String pattern = split.path("pattern").path("Regex").asText();
        if (understood && pattern.equals(ClipWords.PATTERN)) {
            return ClipWords.plain();
        }
        if (understood && pattern.equals(ClipWords.PATTERN_WITH_SPECIAL)) {
            return ClipWords.keepingSpecial();
        }
        throw JsonFile.unexpected(NAME + ", pre_tokenizer", "CLIP's (a split into words, then bytes)", preTokenizer.toString());
    }

    private static BytePairEncoding encoding(JsonNode model) {
        String where = NAME + ", model";
        JsonFile.require(
                model,
                node -> (!node.has("type") || node.path("type").asText().equals("BPE"))
                        && node.path("end_of_word_suffix").asText().equals(BytePairEncoding.END_OF_WORD)
                        && node.path("continuing_subword_prefix").asText("").isEmpty()
                        && node.path("dropout").asDouble(0) == 0
                        && !node.path("fuse_unk").asBoolean()
                        && !node.path("byte_fallback").asBoolean()
                        && !node.path("ignore_merges").asBoolean(),
                where,
                "BPE with the suffix </w>, without prefix, dropout, fuse_unk, byte_fallback and ignore_merges");
        JsonNode unknown = model.path("unk_token");
        return new BytePairEncoding(
                JsonFile.vocabulary(model.path("vocab"), where + ", vocab"),
                pairs(model.path("merges"), where + ", merges"),
                unknown.isTextual() ? unknown.textValue() : null,
                where);
    }

    /** A merge is "left right" in older files and ["left", "right"] in newer ones. */
    private static List<Pair> pairs(JsonNode merges, String where) {
        JsonFile.require(merges, JsonNode::isArray, where, "a list");
        JsonFile.checkMerges(merges.size(), where);
        ImmutableList.Builder<Pair> pairs = ImmutableList.builder();
        for (JsonNode merge : merges) {
            String[] parts = merge.isTextual()
                    ? merge.textValue().split(" ", -1)
                    : new String[] {merge.path(0).asText(), merge.path(1).asText()};
            boolean twoParts = parts.length == 2 && !parts[0].isEmpty() && !parts[1].isEmpty();
            JsonFile.require(
                    merge, node -> twoParts && (node.isTextual() || node.size() == 2), where, "\"left right\" or [\"left\", \"right\"]");
            pairs.add(new Pair(parts[0], parts[1]));
        }
        return pairs.build();
    }

    private static ImmutableList<AddedToken> added(JsonNode root) {
        JsonFile.checkAdded(root.path("added_tokens").size(), NAME + ", added_tokens");
        ImmutableList.Builder<AddedToken> tokens = ImmutableList.builder();
        for (JsonNode token : root.path("added_tokens")) {
            tokens.add(JsonFile.addedToken(token, NAME + ", added_tokens"));
        }
        return tokens.build();
    }

    private static int id(JsonNode finish, String field) {
        String where = NAME + ", post_processor, " + field;
        JsonNode id = finish.path(field).path(1);
        return JsonFile.require(
                        id, node -> node.isIntegralNumber() && node.canConvertToInt() && node.intValue() >= 0, where, "[token, id]")
                .intValue();
    }
}
