package wurstchen.onnx.internal.operators;

/**
 * The geometry of the kernels that norm each token by itself.
 *
 * @param blocks of the grid
 * @param threads of a block
 */
record NormGrid(int blocks, int threads) {
    /** The fast kernels keep all channels of a token in the registers of a warp. */
    private static final int MOST_CHANNELS = 2048;

    /** A warp for each token. */
    private static final int FAST_TOKENS = 4;

    private static final int FAST_THREADS = 128;
    private static final int ANY_THREADS = 256;

    /** Returns whether the fast kernels take so many channels. */
    static boolean fast(int channels) {
        return channels <= MOST_CHANNELS && Alignment.ofLengths(channels);
    }

    /** Returns the geometry for so many tokens, at least 1. */
    static NormGrid of(long tokens, boolean fast) {
        return fast
                ? new NormGrid(Shapes.toInt("the number of blocks", Shapes.ceilDiv(tokens, FAST_TOKENS)), FAST_THREADS)
                : new NormGrid((int) Math.min(tokens, Integer.MAX_VALUE), ANY_THREADS);
    }
}
