package wurstchen.onnx.internal.operators;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DepthwisePlanTest {
    private static final int H200_SHARED = 232_448;

    private static DepthwisePlan plan(MapShape maps, int columns, int shared) {
        return DepthwisePlan.of(maps, columns, DepthwisePlan.DEPTHWISE_NORM, 132, shared).orElseThrow();
    }

    @ParameterizedTest
    @CsvSource({
        // Stage C at 1024 px with guidance: two groups of 192 lanes and 3 columns are 4 tiles across. Of 1 row, they are 192 tiles in two
        // waves that load 3 rows each; of 2 rows, 96 tiles in one wave that loads 4; of 3 rows, one wave that loads 5.
        "2, 24, 24, 1536, 3, 2, 2, 3, 96, 384",
        // Stage B's finest level, 40 lanes, and its coarsest with two columns a thread.
        "2, 128, 128, 320, 4, 9, 8, 3, 128, 384",
        "2, 16, 16, 1280, 2, 3, 1, 3, 96, 480",
        "1, 1, 1, 8, 4, 1, 1, 3, 1, 32",
    })
    void plan_givesEveryMultiprocessorWork_andReloadsFewRows(
            int maps, int height, int width, int channels, int columns, int groups, int rows, int stages, int tiles, int threads) {
        DepthwisePlan plan = plan(new MapShape(maps, height, width, channels), columns, H200_SHARED);

        int all = groups * columns;
        int shared = 24 * channels + 2 * channels * stages * (all + 2) + channels * all + 8 * all;
        assertThat(plan).isEqualTo(new DepthwisePlan(columns, groups, rows, stages, tiles, threads, shared));
    }

    @Test
    void littleSharedMemory_takesStages_thenGroups() {
        MapShape maps = new MapShape(1, 64, 64, 640);
        assertThat(plan(maps, 4, 200_000).stages()).isEqualTo(3);
        // 24*640 + 2*640*3*18 + 640*16 + 128 = 94,848 with three stages, 71,808 with two.
        assertThat(plan(maps, 4, 94_848)).extracting(DepthwisePlan::groups, DepthwisePlan::stages).containsExactly(4, 3);
        assertThat(plan(maps, 4, 94_847)).extracting(DepthwisePlan::groups, DepthwisePlan::stages).containsExactly(4, 2);
        assertThat(plan(maps, 4, 71_807)).extracting(DepthwisePlan::groups, DepthwisePlan::stages).containsExactly(3, 2);
        assertThat(DepthwisePlan.of(maps, 4, DepthwisePlan.DEPTHWISE_NORM, 132, 20_000)).isEmpty();
    }

    @Test
    void sizesThatTheFastKernelsDoNotTake_haveNoPlan() {
        assertThat(DepthwisePlan.of(new MapShape(1, 2, 2, 2056), 3, DepthwisePlan.DEPTHWISE_NORM, 132, H200_SHARED)).isEmpty();
        assertThat(DepthwisePlan.of(new MapShape(1, 2, 2, 12), 3, DepthwisePlan.DEPTHWISE_NORM, 132, H200_SHARED)).isEmpty();
    }

    @Test
    void mixingKernels_alsoKeepTheStatistics() {
        // 384 threads are 16 groups of 24 lanes, 64 columns in all.
        DepthwisePlan plan = DepthwisePlan.of(
                        new MapShape(1, 512, 512, 192), 4, DepthwisePlan.MIXING_DEPTHWISE, 132, H200_SHARED)
                .orElseThrow();

        assertThat(plan.groups()).isEqualTo(16);
        assertThat(plan.sharedBytes()).isEqualTo(22 * 192 + 3 * 66 * 392 + 192 * 64 + 8 * 64);
        assertThat(plan.threads()).isEqualTo(384);
    }

    /** Every cell of the map is in one tile. */
    @Test
    void tiles_coverTheMaps() {
        for (int side = 1; side < 70; side++) {
            DepthwisePlan plan = plan(new MapShape(3, side, 2 * side + 1, 64), 4, H200_SHARED);
            int columns = plan.groups() * plan.columnsPerThread();
            int across = (2 * side + columns) / columns;
            int down = (side + plan.rows() - 1) / plan.rows();
            assertThat(plan.tiles()).isEqualTo(3 * across * down);
            assertThat(plan.threads()).isBetween(plan.groups() * 8, 384).isEqualTo((plan.groups() * 8 + 31) / 32 * 32);
        }
    }
}
