package wurstchen.text;

import com.google.common.collect.ImmutableList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Cuts normalised text into the words that are encoded one by one.
 *
 * <p>At each place the first that matches: an English contraction, a run of letters, one number character, a run of anything else but white
 * space. White space belongs to no word. The reference writes it as the regular expression {@link #PATTERN}; this is the same by hand, since
 * {@code java.util.regex} would take the JDK's idea of a letter and overflow its stack on long runs.
 */
final class ClipWords {
    static final String PATTERN = "'s|'t|'re|'ve|'m|'ll|'d|[\\p{L}]+|[\\p{N}]|[^\\s\\p{L}\\p{N}]+";

    /**
     * transformers 5 writes the two special tokens in front. The step to bytes cuts them again at their letters, so all that is left of it
     * is that they end where they end: in "&lt;|endoftext|&gt;!" the "!" is a word of its own.
     */
    static final String PATTERN_WITH_SPECIAL = "<\\|startoftext\\|>|<\\|endoftext\\|>|" + PATTERN;

    private static final ImmutableList<String> CONTRACTIONS = ImmutableList.of("'s", "'t", "'re", "'ve", "'m", "'ll", "'d");
    private static final ImmutableList<String> SPECIAL = ImmutableList.of("<|startoftext|>", "<|endoftext|>");

    private final ImmutableList<String> special;

    private ClipWords(ImmutableList<String> special) {
        this.special = special;
    }

    /** Cuts as {@link #PATTERN} does. */
    static ClipWords plain() {
        return new ClipWords(ImmutableList.of());
    }

    /** Cuts as {@link #PATTERN_WITH_SPECIAL} does. */
    static ClipWords keepingSpecial() {
        return new ClipWords(SPECIAL);
    }

    /** Hands the words of a text to {@code out}, in order. */
    void split(String text, Consumer<String> out) {
        for (int start = 0; start < text.length(); ) {
            int codePoint = text.codePointAt(start);
            String token = specialAt(text, start);
            if (token != null) {
                List.of("<|", token.substring(2, token.length() - 2), "|>").forEach(out);
                start += token.length();
                continue;
            }
            int end = endOfWord(text, start, codePoint);
            if (!ReferenceUnicode.isSpace(codePoint)) {
                out.accept(text.substring(start, end));
            }
            start = end;
        }
    }

    private @Nullable String specialAt(String text, int start) {
        for (String token : special) {
            if (text.startsWith(token, start)) {
                return token;
            }
        }
        return null;
    }

    private static int endOfWord(String text, int start, int first) {
        for (String contraction : CONTRACTIONS) {
            if (text.startsWith(contraction, start)) {
                return start + contraction.length();
            }
        }
        int end = start + Character.charCount(first);
        if (ReferenceUnicode.isNumber(first)) {
            return end;
        }
        int kind = kind(first);
        while (end < text.length()) {
            int next = text.codePointAt(end);
            if (kind(next) != kind) {
                break;
            }
            end += Character.charCount(next);
        }
        return end;
    }

    private static int kind(int codePoint) {
        if (ReferenceUnicode.isLetter(codePoint)) {
            return 0;
        }
        if (ReferenceUnicode.isNumber(codePoint)) {
            return 1;
        }
        return ReferenceUnicode.isSpace(codePoint) ? 2 : 3;
    }
}
