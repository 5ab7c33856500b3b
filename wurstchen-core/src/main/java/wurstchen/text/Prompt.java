package wurstchen.text;

import static com.google.common.base.Preconditions.checkNotNull;

import java.util.OptionalLong;

/**
 * What one picture of a list shows.
 *
 * @param text what to show; may be empty
 * @param negative what to keep away from; empty for nothing
 * @param seed of the picture's noise; empty for the request's seed + the place in the list
 */
public record Prompt(String text, String negative, OptionalLong seed) {
    /** Checks that nothing is missing. */
    public Prompt {
        checkNotNull(text, "prompt");
        checkNotNull(negative, "negative prompt");
        checkNotNull(seed, "seed");
    }

    /**
     * Returns a prompt without a negative one or a seed of its own.
     *
     * @param text what to show; may be empty
     * @return the prompt
     */
    public static Prompt of(String text) {
        return new Prompt(text, "", OptionalLong.empty());
    }
}
