package wurstchen.internal;

import wurstchen.stage.HiddenStates;

/**
 * Hidden states as rows of numbers, for what mixes or copies whole rows: the values of a row's tokens, then those of its pooled embedding.
 *
 * @param tokens of a row
 * @param width values of a token
 * @param pooledWidth values of a row's pooled embedding; 0 if there is none
 * @param values row by row
 */
@SuppressWarnings("ArrayRecordComponent")
public record StateRows(int tokens, int width, int pooledWidth, float[] values) {
    /** Copies hidden states. */
    public static StateRows of(HiddenStates states) {
        int row = states.tokens() * states.width();
        int pooled = states.pooledWidth();
        if (pooled == 0) {
            return new StateRows(states.tokens(), states.width(), 0, states.toHost());
        }
        float[] hidden = states.toHost();
        float[] embeddings = states.pooledToHost();
        float[] values = new float[states.rows() * (row + pooled)];
        for (int i = 0; i < states.rows(); i++) {
            System.arraycopy(hidden, i * row, values, i * (row + pooled), row);
            System.arraycopy(embeddings, i * pooled, values, i * (row + pooled) + row, pooled);
        }
        return new StateRows(states.tokens(), states.width(), pooled, values);
    }

    /** Returns the values of a row. */
    public int row() {
        return tokens * width + pooledWidth;
    }

    /** Returns other rows of the same shape. */
    public StateRows with(float[] others) {
        return new StateRows(tokens, width, pooledWidth, others);
    }

    /** Returns hidden states with these values, on the host. */
    public HiddenStates toStates() {
        int rows = values.length / row();
        int hidden = tokens * width;
        float[] states = new float[rows * hidden];
        float[] pooled = new float[rows * pooledWidth];
        for (int i = 0; i < rows; i++) {
            System.arraycopy(values, i * row(), states, i * hidden, hidden);
            System.arraycopy(values, i * row() + hidden, pooled, i * pooledWidth, pooledWidth);
        }
        return HiddenStates.onHost(rows, tokens, width, states, pooledWidth, pooled);
    }
}
