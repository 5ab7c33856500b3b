package wurstchen.onnx.internal.operators;

import java.util.Arrays;
import java.util.Comparator;
import wurstchen.onnx.internal.operators.gpu.KernelSpec;

/** Ways to start the kernels of dense_gelu_hopper.cu, which differ in how many tokens a block computes at once. */
enum GeluTile {
    TOKENS_96(96, 6),
    TOKENS_128(128, 5),
    TOKENS_144(144, 5);

    /** Threads of a block. */
    static final int THREADS = 384;

    /** Blocks of a cluster. */
    static final int BLOCKS = 2;

    /** Channels of the two blocks of a cluster. */
    static final int PAIR_CHANNELS = 256;

    /** Rows and columns of a tile in shared memory that are neither tokens nor channels. */
    static final int SIDE = 64;

    /** Bytes of a row of a tile in shared memory, one of a stage's channels, and a barrier. */
    private static final int ROW_BYTES = 128;

    private static final int WEIGHT_BYTES = 16_384;
    private static final int BARRIER_BYTES = 8;
    private static final int ALIGNMENT = 1024;

    /** What a stage costs beside its products, in tokens. */
    private static final int OVERHEAD = 12;

    private final int tokens;
    private final KernelSpec spec;

    GeluTile(int tokens, int stages) {
        this.tokens = tokens;
        int stageBytes = WEIGHT_BYTES + tokens * ROW_BYTES;
        int shared = stages * stageBytes + 2 * tokens * ROW_BYTES + 2 * stages * BARRIER_BYTES + ALIGNMENT;
        spec = new KernelSpec("dense_gelu_hopper_" + tokens, shared, false, false);
    }

    /** Chooses the tile with which the cluster that has most to do has least. */
    static GeluTile of(MapShape maps, int channels, int multiprocessors) {
        int clusters = Math.max(1, multiprocessors / BLOCKS);
        return Arrays.stream(values())
                .min(Comparator.comparingLong(tile ->
                        Shapes.ceilDiv(tile.tiles(maps, channels), clusters) * (tile.tokens + OVERHEAD)))
                .orElseThrow();
    }

    KernelSpec spec() {
        return spec;
    }

    String kernel() {
        return spec.name();
    }

    int sharedBytes() {
        return spec.sharedBytes();
    }

    int tokens() {
        return tokens;
    }

    /** Returns the tiles of one map's tokens. */
    int tokenTiles(MapShape maps) {
        return (int) Shapes.ceilDiv(maps.tokens(), tokens);
    }

    /** Returns the tiles that clusters compute, of all maps. */
    long tiles(MapShape maps, int channels) {
        return Shapes.ceilDiv(channels, PAIR_CHANNELS) * tokenTiles(maps) * maps.maps();
    }
}
