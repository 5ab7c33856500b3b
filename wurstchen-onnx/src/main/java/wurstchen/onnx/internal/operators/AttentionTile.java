package wurstchen.onnx.internal.operators;

import wurstchen.onnx.internal.operators.gpu.GpuWork;
import wurstchen.onnx.internal.operators.gpu.KernelSpec;

/** Ways to start the kernels of JointAttention, which differ in how many queries a block takes. */
enum AttentionTile {
    LARGE("joint_attention", 128, 128, 0, true),
    SMALL("joint_attention", 64, 64, 0, true),
    /** With the matrix instructions of compute capability 9.0. */
    HOPPER_LARGE("joint_attention_hopper_128", 128, 256, 70_720, false),
    HOPPER_SMALL("joint_attention_hopper_64", 64, 128, 54_320, false);

    private final KernelSpec spec;
    private final int queries;
    private final int threads;

    AttentionTile(String kernel, int queries, int threads, int sharedBytes, boolean everywhere) {
        this.spec = new KernelSpec(kernel, sharedBytes, true, everywhere);
        this.queries = queries;
        this.threads = threads;
    }

    /** Of so many blocks for each multiprocessor, those with less to do matter less than queries that fill no tile. */
    private static final int MANY_WAVES = 8;

    /**
     * Chooses the larger tile if there are enough to give every multiprocessor one, except where the last tile of a map is half empty and there
     * are many.
     */
    static AttentionTile of(int tokens, long heads, int maps, GpuWork gpu) {
        boolean hopper = gpu.has(HOPPER_LARGE.kernel());
        AttentionTile large = hopper ? HOPPER_LARGE : LARGE;
        AttentionTile small = hopper ? HOPPER_SMALL : SMALL;
        boolean few = large.blocks(tokens) * heads * maps < gpu.multiprocessors();
        boolean halfEmpty = 2 * large.blocks(tokens) > small.blocks(tokens);
        boolean many = small.blocks(tokens) * heads * maps >= (long) MANY_WAVES * gpu.multiprocessors();
        return few || halfEmpty && many ? small : large;
    }

    KernelSpec spec() {
        return spec;
    }

    String kernel() {
        return spec.name();
    }

    int threads() {
        return threads;
    }

    int sharedBytes() {
        return spec.sharedBytes();
    }

    /** Returns how many blocks so many queries take. */
    int blocks(int tokens) {
        return (int) Shapes.ceilDiv(tokens, queries);
    }
}
