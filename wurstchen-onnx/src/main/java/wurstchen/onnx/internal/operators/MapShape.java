package wurstchen.onnx.internal.operators;

/**
 * The shape of maps [R,H,W,C], as kernels take it.
 *
 * @param maps R
 * @param height H
 * @param width W
 * @param channels C
 */
record MapShape(int maps, int height, int width, int channels) {
    /**
     * Checks a shape.
     *
     * @param what the input, for messages
     */
    static MapShape of(String what, long[] shape) {
        Shapes.check(what, shape, Shapes.ANY, Shapes.ANY, Shapes.ANY, Shapes.ANY);
        for (long size : shape) {
            Shapes.toInt("a side of " + what, size);
        }
        return new MapShape((int) shape[0], (int) shape[1], (int) shape[2], (int) shape[3]);
    }

    /** Returns the tokens of one map, H times W. */
    long tokens() {
        return (long) height * width;
    }

    /** Returns the tokens of all maps. */
    long allTokens() {
        return Math.multiplyExact(tokens(), maps);
    }

    boolean empty() {
        return maps == 0 || height == 0 || width == 0 || channels == 0;
    }

    /** Returns [R,H,W,channels]. */
    long[] withChannels(long other) {
        return new long[] {maps, height, width, other};
    }
}
