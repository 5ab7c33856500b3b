package wurstchen.onnx.internal.operators;

import com.google.common.collect.ImmutableList;
import java.util.Optional;
import wurstchen.onnx.internal.operators.gpu.Launch;

/**
 * How the maps of a depthwise kernel are divided among blocks. A block slides over the rows of a tile; each of its groups of threads computes
 * some columns of the tile, all channels of them.
 *
 * @param columnsPerThread columns that a thread computes: the number in the kernel's name
 * @param groups of threads
 * @param rows of a tile
 * @param stages rows of the input that are loaded ahead
 * @param tiles the blocks of the grid
 * @param threads of a block
 * @param sharedBytes dynamic shared memory of a block
 */
record DepthwisePlan(int columnsPerThread, int groups, int rows, int stages, int tiles, int threads, int sharedBytes) {
    /** The most channels that the fast kernels take. */
    private static final int MOST_CHANNELS = 2048;

    /** Channels of a thread: 16 bytes of float16. */
    private static final int CHANNELS_PER_THREAD = 8;

    private static final int WARP = 32;
    private static final int MOST_ROWS = 32;
    private static final int MOST_STAGES = 3;
    private static final int LEAST_STAGES = 2;

    /** Says how much shared memory a block needs. */
    @FunctionalInterface
    interface SharedMemory {
        /** Returns the bytes for so many channels, columns of a block and stages. */
        long bytes(int channels, int columns, int stages);
    }

    /** Shared memory of the kernels {@code depthwise_norm_N}. */
    static final SharedMemory DEPTHWISE_NORM =
            (channels, columns, stages) -> 24L * channels + 2L * channels * stages * (columns + 2) + (long) channels * columns + 8L * columns;

    /** Shared memory of the kernels {@code mixing_depthwise_N}. */
    static final SharedMemory MIXING_DEPTHWISE =
            (channels, columns, stages) -> 22L * channels + (long) stages * (columns + 2) * (2L * channels + 8) + (long) channels * columns + 8L * columns;

    /**
     * Plans for a GPU.
     *
     * @param maps not empty
     * @param columnsPerThread the number in the kernel's name
     * @return empty if the fast kernels do not take so many channels
     */
    static Optional<DepthwisePlan> of(MapShape maps, int columnsPerThread, SharedMemory memory, int multiprocessors, int sharedBytes) {
        if (maps.channels() > MOST_CHANNELS || !Alignment.ofLengths(maps.channels())) {
            return Optional.empty();
        }
        int lanes = maps.channels() / CHANNELS_PER_THREAD;
        int groups = (int) Math.max(1, Math.min(Shapes.ceilDiv(maps.width(), columnsPerThread), mostThreads(columnsPerThread) / lanes));
        int stages = MOST_STAGES;
        while (memory.bytes(maps.channels(), groups * columnsPerThread, stages) > sharedBytes) {
            if (stages > LEAST_STAGES) {
                stages--;
            } else if (groups > 1) {
                groups--;
            } else {
                return Optional.empty();
            }
        }
        int columns = groups * columnsPerThread;
        int rows = rows(maps, columns, multiprocessors);
        return Optional.of(new DepthwisePlan(
                columnsPerThread,
                groups,
                rows,
                stages,
                Shapes.toInt("the number of tiles", tiles(maps, columns, rows)),
                (int) (WARP * Shapes.ceilDiv((long) groups * lanes, WARP)),
                (int) memory.bytes(maps.channels(), columns, stages)));
    }

    /**
     * Returns the launch of a kernel.
     *
     * @param name without the number of columns
     * @param arguments those before the plan's own
     */
    Launch launch(String name, ImmutableList.Builder<Object> arguments) {
        return new Launch(
                name + columnsPerThread, tiles, 1, 1, threads, sharedBytes, arguments.add(groups, rows, stages).build());
    }

    /** Threads that compute more columns have more registers. */
    private static int mostThreads(int columnsPerThread) {
        return columnsPerThread == 2 ? 512 : 384;
    }

    /** Every tile loads two rows more than it computes; the last blocks of a grid leave multiprocessors without work. */
    private static int rows(MapShape maps, int columns, int multiprocessors) {
        int best = 1;
        long least = Long.MAX_VALUE;
        for (int rows = 1; rows <= Math.min(maps.height(), MOST_ROWS); rows++) {
            long cost = Shapes.ceilDiv(tiles(maps, columns, rows), multiprocessors) * (rows + 2);
            if (cost <= least) {
                least = cost;
                best = rows;
            }
        }
        return best;
    }

    private static long tiles(MapShape maps, int columns, int rows) {
        return Shapes.ceilDiv(maps.width(), columns) * Shapes.ceilDiv(maps.height(), rows) * maps.maps();
    }
}
