package wurstchen.onnx.internal.operators;

import com.google.common.collect.ImmutableList;
import java.util.Optional;
import wurstchen.onnx.internal.operators.gpu.KernelSpec;
import wurstchen.onnx.internal.operators.gpu.Launch;

/** The kernels of depthwise_norm_direct.cu, which take less time than those of a {@link DepthwisePlan} where a map is small. */
enum DirectDepthwise {
    ROWS_2_COLUMNS_3(2, 3),
    ROWS_1_COLUMNS_2(1, 2);

    private static final int CHANNELS_PER_THREAD = 8;

    /** A warp has so many, and no channel may be without a thread. */
    private static final int CHANNELS_PER_WARP = 256;

    private static final int MOST_CHANNELS = 1536;

    /** Of all maps. Above it, what is read several times costs more than waiting does. */
    private static final int MOST_TOKENS = 2048;

    private final int rows;
    private final int columns;
    private final KernelSpec spec;

    DirectDepthwise(int rows, int columns) {
        this.rows = rows;
        this.columns = columns;
        spec = KernelSpec.of("depthwise_norm_direct_" + rows + "x" + columns);
    }

    /** Returns the kernel for aligned tensors of this size, if one is faster than the others. */
    static Optional<DirectDepthwise> of(MapShape maps) {
        int channels = maps.channels();
        if (channels % CHANNELS_PER_WARP != 0 || channels > MOST_CHANNELS || maps.allTokens() > MOST_TOKENS) {
            return Optional.empty();
        }
        return Optional.of(maps.width() % ROWS_2_COLUMNS_3.columns == 0 ? ROWS_2_COLUMNS_3 : ROWS_1_COLUMNS_2);
    }

    KernelSpec spec() {
        return spec;
    }

    /**
     * Returns the launch of the kernel.
     *
     * @param arguments all of them
     */
    Launch launch(MapShape maps, ImmutableList<Object> arguments) {
        long tiles = Shapes.ceilDiv(maps.width(), columns) * Shapes.ceilDiv(maps.height(), rows) * maps.maps();
        return new Launch(
                spec.name(),
                Shapes.toInt("the number of tiles", tiles),
                1,
                1,
                maps.channels() / CHANNELS_PER_THREAD,
                0,
                arguments);
    }
}
