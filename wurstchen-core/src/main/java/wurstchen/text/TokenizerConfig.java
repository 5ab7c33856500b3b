package wurstchen.text;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The special tokens by role, and the added tokens, that the small files beside a tokenizer's model give.
 *
 * <p>As transformers 4.57.6 reads them: {@code tokenizer_config.json} rules; {@code special_tokens_map.json} and {@code added_tokens.json}
 * count only if it has no {@code added_tokens_decoder}, which older versions did not write.
 */
final class TokenizerConfig {
    private static final String CONFIG = "tokenizer_config.json";
    private static final String SPECIAL = "special_tokens_map.json";
    private static final String ADDED = "added_tokens.json";
    private static final String START_OF_TEXT = "<|startoftext|>";
    private static final String END_OF_TEXT = "<|endoftext|>";

    /** In the order in which the reference adds them. */
    private static final ImmutableList<String> ROLES =
            ImmutableList.of("bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token");

    private final Map<String, AddedToken> byRole = new LinkedHashMap<>();
    private final TreeMap<Integer, AddedToken> byId = new TreeMap<>();

    /**
     * Reads the files.
     *
     * @param files where from; all of them may be missing
     * @param model the added tokens of tokenizer.json with their ids; empty in the form with vocab.json
     * @param slow whether the folder has no tokenizer.json; then plain strings for start, end and unknown are searched in normalised text
     */
    TokenizerConfig(TokenizerFiles files, ImmutableMap<Integer, AddedToken> model, boolean slow) {
        role("bos_token", START_OF_TEXT, slow);
        role("eos_token", END_OF_TEXT, slow);
        role("unk_token", END_OF_TEXT, slow);
        role("pad_token", END_OF_TEXT, false);
        JsonNode config = JsonFile.object(files, CONFIG).orElse(null);
        JsonNode decoder = config == null ? null : config.get("added_tokens_decoder");
        if (config != null) {
            readRoles(config, CONFIG, slow);
        }
        if (decoder != null) {
            readDecoder(decoder);
        } else {
            JsonFile.object(files, SPECIAL).ifPresent(map -> readRoles(map, SPECIAL, slow));
            JsonFile.object(files, ADDED).ifPresent(this::readAdded);
            byId.putAll(model);
        }
        Map<String, AddedToken> known = new LinkedHashMap<>();
        byId.values().forEach(token -> known.put(token.content(), token));
        byRole.replaceAll((role, token) -> known.getOrDefault(token.content(), token));
    }

    private void role(String role, String content, boolean slow) {
        boolean normalized = slow && !role.equals("pad_token");
        byRole.put(role, AddedToken.plain(content, normalized, true));
    }

    private void readRoles(JsonNode object, String file, boolean slow) {
        for (String role : ROLES) {
            JsonNode value = object.path(role);
            if (value.isTextual() && value.textValue().isEmpty()) {
                throw JsonFile.unexpected(file + ", " + role, "a token of at least one character", "\"\"");
            } else if (value.isTextual()) {
                JsonFile.checkAddedLength(value.textValue(), file + ", " + role);
                role(role, value.textValue(), slow && List.of("bos_token", "eos_token", "unk_token").contains(role));
            } else if (value.isObject()) {
                byRole.put(role, objectRole(value, file, role));
            } else if (!value.isMissingNode() && !value.isNull()) {
                throw JsonFile.unexpected(file + ", " + role, "a token", value.toString());
            }
        }
    }

    /** special_tokens_map.json means "special" without saying so, but {@code normalized} is then true only if it says so. */
    private static AddedToken objectRole(JsonNode value, String file, String role) {
        String where = file + ", " + role;
        AddedToken token = JsonFile.addedToken(value, where);
        if (token.content().isEmpty()) {
            throw JsonFile.unexpected(where, "a token of at least one character", value.toString());
        }
        boolean normalized = value.has("normalized") ? token.normalized() : !file.equals(SPECIAL) && !token.special();
        return new AddedToken(token.content(), token.singleWord(), token.lstrip(), token.rstrip(), normalized, true);
    }

    private void readDecoder(JsonNode decoder) {
        JsonFile.require(decoder, JsonNode::isObject, CONFIG + ", added_tokens_decoder", "an object of ids with their tokens");
        JsonFile.checkAdded(decoder.size(), CONFIG + ", added_tokens_decoder");
        decoder.properties().forEach(entry -> {
            String where = CONFIG + ", added_tokens_decoder";
            byId.put(id(entry.getKey(), where), JsonFile.addedToken(entry.getValue(), where + ", " + entry.getKey()));
        });
    }

    private static int id(String text, String where) {
        try {
            int id = Integer.parseInt(text);
            if (id >= 0) {
                return id;
            }
        } catch (NumberFormatException e) {
            // Refused below, as a negative number is.
        }
        throw JsonFile.unexpected(where, "an id from 0 to 2147483647", "\"" + text + "\"");
    }

    private void readAdded(JsonNode added) {
        JsonFile.checkAdded(added.size(), ADDED);
        JsonFile.vocabulary(added, ADDED).forEach((content, id) -> {
            JsonFile.checkAddedLength(content, ADDED);
            boolean special = byRole.values().stream().anyMatch(token -> token.content().equals(content));
            byId.put(id, AddedToken.plain(content, !special, special));
        });
    }

    AddedToken start() {
        return requireNonNull(byRole.get("bos_token"));
    }

    AddedToken end() {
        return requireNonNull(byRole.get("eos_token"));
    }

    AddedToken unknown() {
        return requireNonNull(byRole.get("unk_token"));
    }

    AddedToken pad() {
        return requireNonNull(byRole.get("pad_token"));
    }

    /** Adds the tokens in the reference's order: first those with an id, then those that only have a role. */
    void addTo(AddedTokens tokens) {
        ImmutableList<String> special =
                byRole.values().stream().map(AddedToken::content).collect(ImmutableList.toImmutableList());
        byId.values().forEach(token -> tokens.add(special.contains(token.content()) ? token.asSpecial() : token));
        for (String role : ROLES) {
            AddedToken token = byRole.get(role);
            if (token != null && !tokens.contains(token.content())) {
                tokens.add(token);
            }
        }
    }
}
