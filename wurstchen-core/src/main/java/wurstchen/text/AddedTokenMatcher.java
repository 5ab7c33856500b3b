package wurstchen.text;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/** Finds added tokens in a text: at the leftmost place the longest one, then on from its end. Immutable. */
final class AddedTokenMatcher {
    private record Pattern(String text, int id, AddedToken token) {}

    /** Longest first, by their first UTF-16 unit. */
    private final ImmutableMap<Character, ImmutableList<Pattern>> patterns;

    private AddedTokenMatcher(ImmutableMap<Character, ImmutableList<Pattern>> patterns) {
        this.patterns = patterns;
    }

    /** Cuts a text: what lies between added tokens goes to {@code text}, the ids of the tokens to {@code ids}, in order. */
    void split(String sentence, Consumer<String> text, IntConsumer ids) {
        int done = 0;
        int at = 0;
        while (at < sentence.length()) {
            Pattern found = longestAt(sentence, at);
            if (found == null) {
                at++;
                continue;
            }
            int start = at;
            int end = at + found.text().length();
            at = end;
            if (found.token().singleWord() && !standsAlone(sentence, start, end)) {
                continue;
            }
            if (found.token().lstrip()) {
                start = Math.max(done, spacesBefore(sentence, start));
            }
            if (found.token().rstrip()) {
                end = spacesAfter(sentence, end);
            }
            if (done < start) {
                text.accept(sentence.substring(done, start));
            }
            ids.accept(found.id());
            done = end;
        }
        if (done < sentence.length()) {
            text.accept(sentence.substring(done));
        }
    }

    private @Nullable Pattern longestAt(String sentence, int at) {
        for (Pattern pattern : patterns.getOrDefault(sentence.charAt(at), ImmutableList.of())) {
            if (sentence.startsWith(pattern.text(), at)) {
                return pattern;
            }
        }
        return null;
    }

    private static boolean standsAlone(String sentence, int start, int end) {
        return (start == 0 || !ReferenceUnicode.isWordPart(sentence.codePointBefore(start)))
                && (end == sentence.length() || !ReferenceUnicode.isWordPart(sentence.codePointAt(end)));
    }

    // White space lies in the basic plane: one UTF-16 unit each.

    private static int spacesBefore(String sentence, int end) {
        int start = end;
        while (start > 0 && ReferenceUnicode.isSpace(sentence.charAt(start - 1))) {
            start--;
        }
        return start;
    }

    private static int spacesAfter(String sentence, int start) {
        int end = start;
        while (end < sentence.length() && ReferenceUnicode.isSpace(sentence.charAt(end))) {
            end++;
        }
        return end;
    }

    static final class Builder {
        private final Map<Character, List<Pattern>> patterns = new HashMap<>();

        void add(String text, int id, AddedToken token) {
            if (!text.isEmpty()) {
                patterns.computeIfAbsent(text.charAt(0), first -> new ArrayList<>()).add(new Pattern(text, id, token));
            }
        }

        AddedTokenMatcher build() {
            ImmutableMap.Builder<Character, ImmutableList<Pattern>> sorted = ImmutableMap.builder();
            Comparator<Pattern> longestFirst = Comparator.comparingInt(pattern -> -pattern.text().length());
            patterns.forEach((first, list) -> sorted.put(first, ImmutableList.sortedCopyOf(longestFirst, list)));
            return new AddedTokenMatcher(sorted.buildOrThrow());
        }
    }
}
