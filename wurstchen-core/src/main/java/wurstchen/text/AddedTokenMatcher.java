package wurstchen.text;

import java.util.HashMap;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/** Finds added tokens in a text: at the leftmost place the longest one, then on from its end. Immutable. */
final class AddedTokenMatcher {
    private record Pattern(String text, int id, AddedToken token) {}

    /** The beginning of some patterns: what may follow, and the pattern that ends here. */
    private static final class Prefix {
        private final Map<Character, Prefix> longer = new HashMap<>();
        private @Nullable Pattern whole;
    }

    private final Prefix nothing;

    private AddedTokenMatcher(Prefix nothing) {
        this.nothing = nothing;
    }

    /** Cuts a text: what lies between added tokens goes to {@code text}, the ids of the tokens to {@code ids}, in order. */
    void split(String sentence, Consumer<String> text, IntConsumer ids) {
        int done = 0;
        int at = 0;
        int spacesEnd = 0;
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
                start = spacesBefore(sentence, start, done);
            }
            if (found.token().rstrip()) {
                // A token that is white space itself is found again in the spaces after it, which are walked through once.
                spacesEnd = end < spacesEnd ? spacesEnd : spacesAfter(sentence, end);
                end = spacesEnd;
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

    private @Nullable Pattern longestAt(String sentence, int start) {
        Pattern longest = null;
        Prefix prefix = nothing;
        for (int at = start; at < sentence.length(); at++) {
            prefix = prefix.longer.get(sentence.charAt(at));
            if (prefix == null) {
                break;
            }
            longest = prefix.whole != null ? prefix.whole : longest;
        }
        return longest;
    }

    private static boolean standsAlone(String sentence, int start, int end) {
        return (start == 0 || !ReferenceUnicode.isWordPart(sentence.codePointBefore(start)))
                && (end == sentence.length() || !ReferenceUnicode.isWordPart(sentence.codePointAt(end)));
    }

    // White space lies in the basic plane: one UTF-16 unit each.

    /** Returns where the white space before a place begins, at the earliest {@code from}, or {@code from} if that is later. */
    private static int spacesBefore(String sentence, int end, int from) {
        int start = Math.max(end, from);
        while (start > from && ReferenceUnicode.isSpace(sentence.charAt(start - 1))) {
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
        private final Prefix nothing = new Prefix();

        /** Adds a pattern; does nothing if it is empty or was added before. */
        void add(String text, int id, AddedToken token) {
            if (text.isEmpty()) {
                return;
            }
            Prefix prefix = nothing;
            for (char unit : text.toCharArray()) {
                prefix = prefix.longer.computeIfAbsent(unit, next -> new Prefix());
            }
            prefix.whole = prefix.whole == null ? new Pattern(text, id, token) : prefix.whole;
        }

        /** Returns the matcher; nothing may be added afterwards. */
        AddedTokenMatcher build() {
            return new AddedTokenMatcher(nothing);
        }
    }
}
