package wurstchen.onnx.internal.operators;

/** Ways to start the kernels of JointAttention, which differ in how many queries a block takes. */
enum AttentionTile {
    LARGE("joint_attention", 128, 128, 0),
    SMALL("joint_attention", 64, 64, 0);

    private final String kernel;
    private final int queries;
    private final int threads;
    private final int sharedBytes;

    AttentionTile(String kernel, int queries, int threads, int sharedBytes) {
        this.kernel = kernel;
        this.queries = queries;
        this.threads = threads;
        this.sharedBytes = sharedBytes;
    }

    /** Chooses the largest tile of which there are enough to give every multiprocessor one. */
    static AttentionTile of(int tokens, long heads, int maps, int multiprocessors) {
        return LARGE.blocks(tokens) * heads * maps >= multiprocessors ? LARGE : SMALL;
    }

    String kernel() {
        return kernel;
    }

    int threads() {
        return threads;
    }

    int sharedBytes() {
        return sharedBytes;
    }

    /** Returns how many blocks so many queries take. */
    int blocks(int tokens) {
        return (int) Shapes.ceilDiv(tokens, queries);
    }
}
