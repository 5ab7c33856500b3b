package wurstchen.onnx.internal.operators;

import static java.util.Objects.requireNonNull;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import java.util.Map;
import java.util.Optional;
import wurstchen.onnx.internal.operators.gpu.GpuWork;
import wurstchen.onnx.internal.operators.gpu.Launch;

/**
 * How the maps of a depthwise kernel are divided among blocks. A block slides over the rows of a tile; each of its groups of threads computes
 * some columns of the tile, all channels of them.
 *
 * @param columns that a thread computes: the number in the kernel's name
 * @param groups of threads
 * @param rows of a tile
 */
record DepthwisePlan(int columns, int groups, int rows) {
    private static final int MOST_CHANNELS = 2048;

    /** Channels of a thread: 16 bytes of float16. */
    private static final int CHANNELS_PER_THREAD = 8;

    /** The most threads of a block by the columns of each, which is what the registers suffice for. */
    private static final ImmutableMap<Integer, Integer> MOST_THREADS = ImmutableMap.of(2, 512, 3, 384, 4, 384);

    /** What a row of a thread costs, by its columns: instructions, counted in the compiled kernels, and what measuring adds to them. */
    private static final ImmutableMap<Integer, Integer> INSTRUCTIONS = ImmutableMap.of(2, 500, 3, 620, 4, 726);

    private static final int WARP = 32;

    /** So many warps keep a multiprocessor busy. */
    private static final int BUSY_WARPS = 12;

    private static final int MOST_ROWS = 32;

    /** Rows of the input that are loaded ahead. */
    private static final int STAGES = 3;

    /** What a tile loads beyond its rows, as a share of the time of one row. */
    private static final double ROWS_OF_BORDER = 1.5;

    /** Shared memory that the system takes of each block. */
    private static final int SYSTEM_BYTES = 1024;

    /**
     * What tells the kernels {@code depthwise_norm} and {@code mixing_depthwise} apart.
     *
     * @param constants values of float16 for each channel that a block keeps
     * @param statistics bytes for each token of the input beside its channels
     */
    enum Kind {
        DEPTHWISE_NORM("depthwise_norm_", 12, 0),
        MIXING_DEPTHWISE("mixing_depthwise_", 11, 8);

        private final String kernel;
        private final int constants;
        private final int statistics;

        Kind(String kernel, int constants, int statistics) {
            this.kernel = kernel;
            this.constants = constants;
            this.statistics = statistics;
        }
    }

    /**
     * Chooses the cheapest plan by estimate.
     *
     * @param maps not empty
     * @return empty if the fast kernels do not take so many channels
     */
    static Optional<DepthwisePlan> of(Kind kind, MapShape maps, GpuWork gpu) {
        if (maps.channels() > MOST_CHANNELS || !Alignment.ofLengths(maps.channels())) {
            return Optional.empty();
        }
        DepthwisePlan best = null;
        double least = Double.MAX_VALUE;
        for (Map.Entry<Integer, Integer> most : MOST_THREADS.entrySet()) {
            int columns = most.getKey();
            long groups = Math.min(Shapes.ceilDiv(maps.width(), columns), most.getValue() / lanes(maps));
            for (int group = 1; group <= groups; group++) {
                for (int rows = 1; rows <= Math.min(maps.height(), MOST_ROWS); rows++) {
                    DepthwisePlan plan = new DepthwisePlan(columns, group, rows);
                    double cost = plan.cost(kind, maps, gpu);
                    if (cost < least) {
                        best = plan;
                        least = cost;
                    }
                }
            }
        }
        return Optional.ofNullable(best);
    }

    private static int lanes(MapShape maps) {
        return maps.channels() / CHANNELS_PER_THREAD;
    }

    private int width() {
        return groups * columns;
    }

    int threads(MapShape maps) {
        return (int) (WARP * Shapes.ceilDiv((long) groups * lanes(maps), WARP));
    }

    long tiles(MapShape maps) {
        return Shapes.ceilDiv(maps.width(), width()) * Shapes.ceilDiv(maps.height(), rows) * maps.maps();
    }

    long sharedBytes(Kind kind, int channels) {
        return 2L * kind.constants * channels
                + (long) STAGES * (width() + 2) * (2L * channels + kind.statistics)
                + (long) width() * (channels + 8);
    }

    /** The instructions of the fullest multiprocessor, more where few warps hide each other's waits; the most there is if it does not fit. */
    private double cost(Kind kind, MapShape maps, GpuWork gpu) {
        long shared = sharedBytes(kind, maps.channels());
        if (shared > gpu.sharedBytes()) {
            return Double.MAX_VALUE;
        }
        int threads = threads(maps);
        long atOnce = Math.max(1, Math.min(requireNonNull(MOST_THREADS.get(columns)) / threads, gpu.sharedBytes() / (shared + SYSTEM_BYTES)));
        long waves = Shapes.ceilDiv(tiles(maps), gpu.multiprocessors());
        long warps = Math.min(waves, atOnce) * threads / WARP;
        return waves * threads * (rows + ROWS_OF_BORDER) * requireNonNull(INSTRUCTIONS.get(columns)) / Math.min(warps, BUSY_WARPS);
    }

    /**
     * Returns the launch of the kernel.
     *
     * @param arguments those before the plan's own
     */
    Launch launch(Kind kind, MapShape maps, ImmutableList.Builder<Object> arguments) {
        return new Launch(
                kind.kernel + columns,
                Shapes.toInt("the number of tiles", tiles(maps)),
                1,
                1,
                threads(maps),
                Math.toIntExact(sharedBytes(kind, maps.channels())),
                arguments.add(groups, rows, STAGES).build());
    }
}
