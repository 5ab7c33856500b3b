package wurstchen.text;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.google.common.base.Ascii;
import com.google.common.collect.ImmutableMap;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;

/** Reading of files that nobody vouches for: whatever is wrong is an IllegalArgumentException that names file, expected and found. */
final class JsonFile {
    private static final int MOST_SHOWN = 150;

    private static final JsonMapper JSON =
            JsonMapper.builder().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS).build();
    private static final int SHOWN = 60;

    /** Tokens of a vocabulary, and merges; CLIP has 49,408. */
    private static final int MAX_TOKENS = 1 << 19;

    /** CLIP's longest token has 39. */
    private static final int MAX_TOKEN_CHARACTERS = 1024;

    /** CLIP has two added tokens; concepts that were learnt from pictures add some. */
    private static final int MAX_ADDED = 10_000;

    private static final int MAX_ADDED_CHARACTERS = 256;

    private JsonFile() {}

    /** The parser repeats what it found, each character of which may become an escape of six. */
    private static String shown(JsonProcessingException e) {
        return Ascii.truncate(String.valueOf(e.getOriginalMessage()), MOST_SHOWN, "...");
    }

    /** Returns a JSON object, or empty if there is no such file. */
    static Optional<JsonNode> object(TokenizerFiles files, String name) {
        return text(files, name).map(text -> {
            try {
                return require(JSON.readTree(text), JsonNode::isObject, name, "a JSON object");
            } catch (JsonProcessingException e) {
                throw new IllegalArgumentException(VisibleText.of(name + ": expected JSON, found " + shown(e)), e);
            }
        });
    }

    /** Returns a file as UTF-8 text, or empty if there is no such file. */
    static Optional<String> text(TokenizerFiles files, String name) {
        try {
            Optional<byte[]> bytes = files.read(name);
            if (bytes.isPresent() && bytes.get().length > TokenizerFiles.MAX_BYTES) {
                throw new IllegalArgumentException(
                        name + ": expected at most " + TokenizerFiles.MAX_BYTES + " bytes, found more");
            }
            return bytes.isEmpty() ? Optional.empty() : Optional.of(decode(bytes.get()));
        } catch (CharacterCodingException e) {
            throw new IllegalArgumentException(name + ": expected UTF-8 text, found bytes that are not", e);
        } catch (IOException e) {
            throw new UncheckedIOException(name + ": cannot be read: " + e, e);
        }
    }

    private static String decode(byte[] bytes) throws CharacterCodingException {
        return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    }

    /** Returns the ids of a vocabulary, by token. */
    static ImmutableMap<String, Integer> vocabulary(JsonNode object, String where) {
        require(object, JsonNode::isObject, where, "an object of tokens with their ids");
        checkCount(object.size(), MAX_TOKENS, "tokens", where);
        Map<String, Integer> ids = new HashMap<>();
        object.properties().forEach(entry -> {
            checkLength(entry.getKey(), MAX_TOKEN_CHARACTERS, where);
            JsonNode id = entry.getValue();
            require(
                    id,
                    node -> node.isIntegralNumber() && node.canConvertToInt() && node.intValue() >= 0,
                    where + ", token \"" + entry.getKey() + "\"",
                    "an id from 0 to 2147483647");
            ids.put(entry.getKey(), id.intValue());
        });
        return ImmutableMap.copyOf(ids);
    }

    /** Returns an added token, in the form that all tokenizer files share. */
    static AddedToken addedToken(JsonNode object, String where) {
        String content = string(object, "content", where);
        checkAddedLength(content, where);
        boolean special = flag(object, "special", false, where);
        return new AddedToken(
                content,
                flag(object, "single_word", false, where),
                flag(object, "lstrip", false, where),
                flag(object, "rstrip", false, where),
                flag(object, "normalized", !special, where),
                special);
    }

    static String string(JsonNode object, String field, String where) {
        return require(object.path(field), JsonNode::isTextual, where + ", " + field, "a string").textValue();
    }

    private static boolean flag(JsonNode object, String field, boolean byDefault, String where) {
        JsonNode value = object.path(field);
        return value.isMissingNode()
                ? byDefault
                : require(value, JsonNode::isBoolean, where + ", " + field, "true or false").booleanValue();
    }

    static void checkMerges(int count, String where) {
        checkCount(count, MAX_TOKENS, "merges", where);
    }

    static void checkAdded(int count, String where) {
        checkCount(count, MAX_ADDED, "added tokens", where);
    }

    static void checkAddedLength(String token, String where) {
        checkLength(token, MAX_ADDED_CHARACTERS, where);
    }

    private static void checkCount(int count, int most, String what, String where) {
        if (count > most) {
            throw new IllegalArgumentException(where + ": expected at most " + most + " " + what + ", found " + count);
        }
    }

    private static void checkLength(String token, int most, String where) {
        if (token.length() > most) {
            throw unexpected(where, "tokens of at most " + most + " characters", "\"" + token + "\"");
        }
    }

    static JsonNode require(JsonNode node, Predicate<JsonNode> test, String where, String expected) {
        if (!test.test(node)) {
            throw unexpected(where, expected, node.isMissingNode() ? "nothing" : node.toString());
        }
        return node;
    }

    static IllegalArgumentException unexpected(String where, String expected, String found) {
        String shown = found.length() <= SHOWN ? found : found.substring(0, SHOWN) + "...";
        return new IllegalArgumentException(VisibleText.of(where + ": expected " + expected + ", found " + shown));
    }
}
