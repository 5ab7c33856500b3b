package wurstchen.onnx.internal.operators;

import com.google.common.collect.ImmutableList;

/**
 * The geometry of the kernels that norm each token by itself.
 *
 * @param kernel the name
 * @param blocks of the grid
 * @param threads of a block
 */
record NormGrid(String kernel, int blocks, int threads) {
    /** The fast kernels keep all channels of a token in the registers of a warp, 256 channels for each of so many. */
    static final ImmutableList<Integer> PARTS = ImmutableList.of(1, 2, 3, 4, 6, 8);

    private static final int CHANNELS_PER_PART = 256;

    /** A warp for each token. */
    private static final int FAST_TOKENS = 4;

    private static final int FAST_THREADS = 128;
    private static final int ANY_THREADS = 256;

    /**
     * Chooses the kernel.
     *
     * @param name without what tells fast kernels apart
     * @param tokens at least 1
     * @param addresses of all tensors
     */
    static NormGrid of(String name, long tokens, int channels, long... addresses) {
        int part = PARTS.stream().filter(parts -> CHANNELS_PER_PART * parts >= channels).findFirst().orElse(0);
        if (part == 0 || !Alignment.ofLengths(channels) || !Alignment.ofAddresses(addresses)) {
            return new NormGrid(name + Alignment.ANY, (int) Math.min(tokens, Integer.MAX_VALUE), ANY_THREADS);
        }
        int blocks = Shapes.toInt("the number of blocks", Shapes.ceilDiv(tokens, FAST_TOKENS));
        return new NormGrid(name + "_" + part, blocks, FAST_THREADS);
    }

    /** Returns the same with at most so many blocks, which then norm several tokens each, one after another. */
    NormGrid atMost(int mostBlocks) {
        return new NormGrid(kernel, Math.min(blocks, mostBlocks), threads);
    }
}
