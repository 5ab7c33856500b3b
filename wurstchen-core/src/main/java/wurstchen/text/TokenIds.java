package wurstchen.text;

import com.google.common.primitives.ImmutableLongArray;

/**
 * A prompt as a text encoder takes it: start token, the prompt's tokens, end token, pads.
 *
 * @param ids the token ids, as many as the tokenizer's maximum length, to be sent as int64
 * @param attentionMask 1 for every token of the prompt with its start and end, 0 for pads; same length
 * @param kept the part of the prompt that the ids stand for, in the tokenizer's own spelling (normalised, words apart)
 * @param dropped the rest of it, which did not fit; empty if all fitted
 * @param droppedTokens how many tokens did not fit
 */
public record TokenIds(ImmutableLongArray ids, ImmutableLongArray attentionMask, String kept, String dropped, int droppedTokens) {
    /**
     * Tells whether the prompt was cut.
     *
     * @return true if at least one token was dropped
     */
    public boolean truncated() {
        return droppedTokens > 0;
    }
}
