package wurstchen.text;

import com.google.common.primitives.ImmutableLongArray;
import java.util.Objects;

/** A prompt as a text encoder takes it: start token, the prompt's tokens, end token, pads. Immutable. */
public final class TokenIds {
    private final ImmutableLongArray ids;
    private final ImmutableLongArray attentionMask;
    private final String kept;
    private final String dropped;
    private final int droppedTokens;

    TokenIds(ImmutableLongArray ids, ImmutableLongArray attentionMask, String kept, String dropped, int droppedTokens) {
        this.ids = ids;
        this.attentionMask = attentionMask;
        this.kept = kept;
        this.dropped = dropped;
        this.droppedTokens = droppedTokens;
    }

    /**
     * Returns how many ids there are.
     *
     * @return the tokenizer's maximum length
     */
    public int length() {
        return ids.length();
    }

    /**
     * Returns the token ids, to be sent as int64.
     *
     * @return a new array of {@link #length()} ids
     */
    public long[] ids() {
        return ids.toArray();
    }

    /**
     * Returns which ids stand for the prompt.
     *
     * @return a new array of {@link #length()} values: 1 for every token of the prompt with its start and end, 0 for pads
     */
    public long[] attentionMask() {
        return attentionMask.toArray();
    }

    /**
     * Returns the part of the prompt that the ids stand for.
     *
     * @return in the tokenizer's own spelling (normalised, words apart)
     */
    public String kept() {
        return kept;
    }

    /**
     * Returns the rest of the prompt, which did not fit.
     *
     * @return in the tokenizer's own spelling; empty if all fitted
     */
    public String dropped() {
        return dropped;
    }

    /**
     * Returns how many tokens did not fit.
     *
     * @return 0 if all fitted
     */
    public int droppedTokens() {
        return droppedTokens;
    }

    /**
     * Tells whether the prompt was cut.
     *
     * @return true if at least one token was dropped
     */
    public boolean truncated() {
        return droppedTokens > 0;
    }

    /**
     * Tells whether an encoder makes the same of both: whether ids and masks are equal, whatever text they came from.
     *
     * @param other any ids
     * @return true if they are
     */
    public boolean sameTokens(TokenIds other) {
        return ids.equals(other.ids) && attentionMask.equals(other.attentionMask);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof TokenIds that
                && sameTokens(that)
                && kept.equals(that.kept)
                && dropped.equals(that.dropped)
                && droppedTokens == that.droppedTokens;
    }

    @Override
    public int hashCode() {
        return Objects.hash(ids, attentionMask, kept, dropped, droppedTokens);
    }

    @Override
    public String toString() {
        return "TokenIds[" + ids + ", kept \"" + kept + "\", dropped \"" + dropped + "\"]";
    }
}
