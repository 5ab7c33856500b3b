package wurstchen.stage;

import java.util.Objects;
import wurstchen.internal.StateRows;

/**
 * What a text encoder makes of token ids: float32 [rows, tokens, width], on whatever memory the encoder's engine keeps it. The rows of a
 * guided run are the prompts of all pictures, then their negative prompts. Some encoders give a pooled embedding with each row, one vector for
 * the whole text. Not thread-safe.
 */
public interface HiddenStates extends AutoCloseable {
    /**
     * Returns the number of rows.
     *
     * @return pictures, or twice as many for a guided run
     */
    int rows();

    /**
     * Returns the number of tokens of a row.
     *
     * @return 77 in the published models
     */
    int tokens();

    /**
     * Returns the values a token has.
     *
     * @return 1280 for Stage C and 1024 for Stage B in the published models
     */
    int width();

    /**
     * Copies the values to the host.
     *
     * @return a new array of rows * tokens * width values
     * @throws IllegalStateException if the handle is closed
     */
    float[] toHost();

    /**
     * Returns the values of a row's pooled embedding.
     *
     * @return 1280 in the published Stable Cascade; 0 if the encoder gives none, as in Würstchen v2
     */
    default int pooledWidth() {
        return 0;
    }

    /**
     * Copies the pooled embeddings to the host.
     *
     * @return a new array of rows * pooledWidth values, row by row
     * @throws IllegalStateException if the handle is closed
     */
    default float[] pooledToHost() {
        return new float[0];
    }

    /**
     * Picks rows, in any order and as often as wanted.
     *
     * @param rows indices from 0 to {@link #rows()} - 1, at least one
     * @return hidden states of as many rows as were named, owned by the caller, which do not need this handle any more
     * @throws IndexOutOfBoundsException if there is no such row
     * @throws IllegalStateException if the handle is closed
     */
    default HiddenStates select(int... rows) {
        StateRows all = StateRows.of(this);
        int row = all.row();
        float[] selected = new float[Math.multiplyExact(rows.length, row)];
        for (int i = 0; i < rows.length; i++) {
            System.arraycopy(all.values(), Objects.checkIndex(rows[i], rows()) * row, selected, i * row, row);
        }
        return all.with(selected).toStates();
    }

    /** Frees what the handle owns; a second call does nothing. */
    @Override
    void close();

    /**
     * Returns hidden states that live in a Java array.
     *
     * {@snippet class="wurstchen.snippets.RequestSnippetsTest" region="arrays"}
     *
     * @param rows the number of rows, at least 1
     * @param tokens the number of tokens of a row, at least 1
     * @param width the values a token has, at least 1
     * @param values rows * tokens * width values, row by row and token by token, copied
     * @return a handle; closing it does nothing
     * @throws IllegalArgumentException if a dimension is below 1, or the number of values is not that of the shape
     */
    static HiddenStates onHost(int rows, int tokens, int width, float[] values) {
        return new HostHiddenStates(rows, tokens, width, values);
    }

    /**
     * Returns hidden states with pooled embeddings that live in Java arrays.
     *
     * @param rows the number of rows, at least 1
     * @param tokens the number of tokens of a row, at least 1
     * @param width the values a token has, at least 1
     * @param values rows * tokens * width values, row by row and token by token, copied
     * @param pooledWidth the values of a row's pooled embedding; 0 for none
     * @param pooled rows * pooledWidth values, row by row, copied
     * @return a handle; closing it does nothing
     * @throws IllegalArgumentException if a dimension is below 1, or the number of values is not that of the shape
     */
    static HiddenStates onHost(int rows, int tokens, int width, float[] values, int pooledWidth, float[] pooled) {
        return new HostHiddenStates(rows, tokens, width, values, pooledWidth, pooled);
    }
}
