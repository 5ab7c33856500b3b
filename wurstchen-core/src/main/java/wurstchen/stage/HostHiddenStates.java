package wurstchen.stage;

import static com.google.common.base.Preconditions.checkArgument;

/** Hidden states in a Java array. */
final class HostHiddenStates implements HiddenStates {
    private final int rows;
    private final int tokens;
    private final int width;
    private final float[] values;
    private final int pooledWidth;
    private final float[] pooled;

    HostHiddenStates(int rows, int tokens, int width, float[] values) {
        this(rows, tokens, width, values, 0, new float[0]);
    }

    HostHiddenStates(int rows, int tokens, int width, float[] values, int pooledWidth, float[] pooled) {
        checkArgument(
                rows > 0 && tokens > 0 && width > 0,
                "every dimension of hidden states must be at least 1, got [%s, %s, %s]",
                rows,
                tokens,
                width);
        checkArgument(
                values.length == Math.multiplyExact(rows, Math.multiplyExact(tokens, width)),
                "hidden states of shape [%s, %s, %s] need %s values, got %s",
                rows,
                tokens,
                width,
                (long) rows * tokens * width,
                values.length);
        this.rows = rows;
        this.tokens = tokens;
        this.width = width;
        this.values = values.clone();
        checkArgument(
                pooledWidth >= 0 && pooled.length == Math.multiplyExact(rows, pooledWidth),
                "pooled embeddings of shape [%s, %s] need %s values, got %s",
                rows,
                pooledWidth,
                (long) rows * pooledWidth,
                pooled.length);
        this.pooledWidth = pooledWidth;
        this.pooled = pooled.clone();
    }

    @Override
    public int rows() {
        return rows;
    }

    @Override
    public int tokens() {
        return tokens;
    }

    @Override
    public int width() {
        return width;
    }

    @Override
    public float[] toHost() {
        return values.clone();
    }

    @Override
    public int pooledWidth() {
        return pooledWidth;
    }

    @Override
    public float[] pooledToHost() {
        return pooled.clone();
    }

    @Override
    public void close() {
        // Nothing but a Java array is held.
    }
}
