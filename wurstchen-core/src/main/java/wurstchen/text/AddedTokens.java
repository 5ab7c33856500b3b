package wurstchen.text;

import static java.util.Objects.requireNonNull;

import com.google.common.collect.ImmutableMap;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The added tokens of a tokenizer and their ids, built by adding one after the other.
 *
 * <p>A token that the vocabulary has keeps its id; another gets the next free one. Adding a token again changes how it strips white space,
 * but not in which text it is looked for: details of tokenizers 0.22.2 that real folders depend on.
 */
final class AddedTokens {
    private final ImmutableMap<String, Integer> vocabulary;
    private final Map<Integer, AddedToken> byId = new LinkedHashMap<>();
    private final Map<String, Integer> ids = new LinkedHashMap<>();
    private final List<AddedToken> special = new ArrayList<>();
    private final Set<String> specialContents = new HashSet<>();
    private final Set<AddedToken> added = new HashSet<>();
    private int highest = -1;
    private final List<AddedToken> ordinary = new ArrayList<>();

    AddedTokens(ImmutableMap<String, Integer> vocabulary) {
        this.vocabulary = vocabulary;
    }

    void addAll(Iterable<AddedToken> tokens) {
        tokens.forEach(this::add);
    }

    void add(AddedToken token) {
        if (token.content().isEmpty()) {
            return;
        }
        if (token.special() && specialContents.add(token.content())) {
            special.add(token);
        }
        if (added.contains(token)) {
            return;
        }
        Integer known = id(token.content());
        int id = known != null ? known : nextId();
        ids.put(token.content(), id);
        highest = Math.max(highest, id);
        AddedToken before = byId.put(id, token);
        if (before != null) {
            added.remove(before);
        }
        added.add(token);
        if (!specialContents.contains(token.content())) {
            ordinary.add(token);
        }
    }

    private int nextId() {
        if (highest == Integer.MAX_VALUE) {
            throw new IllegalArgumentException("added tokens: expected ids below 2147483647, so that further tokens get one, found it");
        }
        return Math.max(highest + 1, vocabulary.size());
    }

    /** Returns the id of an added token or of a token of the vocabulary; null if there is none. */
    @Nullable Integer id(String content) {
        Integer id = ids.get(content);
        return id != null ? id : vocabulary.get(content);
    }

    boolean contains(String content) {
        return ids.containsKey(content);
    }

    /** Returns the content by id, of added tokens only. */
    ImmutableMap<Integer, String> contents() {
        ImmutableMap.Builder<Integer, String> contents = ImmutableMap.builder();
        byId.forEach((id, token) -> contents.put(id, token.content()));
        return contents.buildOrThrow();
    }

    /** Returns what looks for the tokens that are, or are not, searched in normalised text. */
    AddedTokenMatcher matcher(boolean normalized) {
        AddedTokenMatcher.Builder matcher = new AddedTokenMatcher.Builder();
        for (List<AddedToken> tokens : List.of(special, ordinary)) {
            for (AddedToken token : tokens) {
                if (token.normalized() == normalized) {
                    String pattern = normalized ? ClipNormalizer.normalize(token.content()) : token.content();
                    int id = requireNonNull(ids.get(token.content()));
                    matcher.add(pattern, id, requireNonNull(byId.get(id)));
                }
            }
        }
        return matcher.build();
    }
}
