package wurstchen.stage;

import java.util.List;
import java.util.OptionalInt;
import wurstchen.text.TokenIds;

/** Turns token ids into hidden states. Stage C and Stage B have one each, or share one. Thread-safe. */
public interface TextEncoder extends AutoCloseable {
    /**
     * Encodes one row for each element; equal rows may be computed once.
     *
     * @param rows token ids and masks, at least one, all of the encoder's length
     * @return the hidden states, owned by the caller
     * @throws wurstchen.WurstchenException if the encoder fails
     * @throws IllegalStateException if the encoder is closed
     */
    HiddenStates encode(List<TokenIds> rows);

    /**
     * Returns the values that a token has in the hidden states, so that those of a request can be checked before it is accepted.
     *
     * @return the width; empty if it is not known before something is encoded
     */
    default OptionalInt width() {
        return OptionalInt.empty();
    }

    /**
     * Returns the values of the pooled embedding that it gives with each row.
     *
     * @return the width, 0 for none; empty if it is not known before something is encoded
     */
    default OptionalInt pooledWidth() {
        return OptionalInt.empty();
    }

    /** Frees the encoder; waits for a call in flight. A second call does nothing. */
    @Override
    void close();
}
