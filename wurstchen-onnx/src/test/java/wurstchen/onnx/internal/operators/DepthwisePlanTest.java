package wurstchen.onnx.internal.operators;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.collect.ImmutableList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import wurstchen.onnx.internal.operators.DepthwisePlan.Kind;
import wurstchen.onnx.internal.operators.gpu.Launch;

class DepthwisePlanTest {
    private final GpuLog gpu = new GpuLog();

    /** What src/test/cuda/launches.py chooses, whose launches are measured on GPUs: H200, A100, and a small one. */
    @ParameterizedTest
    @CsvSource({
        "132, 232448, DEPTHWISE_NORM, 2, 24, 24, 1536, 3, 1, 2, 192, 192, 87576",
        "132, 232448, DEPTHWISE_NORM, 8, 24, 24, 1536, 3, 1, 6, 256, 192, 87576",
        "132, 232448, DEPTHWISE_NORM, 2, 128, 128, 320, 4, 2, 8, 512, 96, 29504",
        "132, 232448, DEPTHWISE_NORM, 8, 128, 128, 320, 4, 3, 22, 528, 128, 38496",
        "132, 232448, DEPTHWISE_NORM, 2, 64, 64, 640, 4, 1, 4, 512, 96, 40992",
        "132, 232448, DEPTHWISE_NORM, 2, 32, 32, 1280, 4, 1, 2, 256, 160, 81952",
        "132, 232448, DEPTHWISE_NORM, 2, 16, 16, 1280, 2, 1, 1, 256, 160, 64016",
        "132, 232448, DEPTHWISE_NORM, 1, 1, 1, 8, 2, 1, 1, 1, 32, 416",
        "132, 232448, DEPTHWISE_NORM, 3, 5, 7, 2048, 2, 1, 1, 60, 256, 102416",
        "132, 232448, MIXING_DEPTHWISE, 1, 256, 256, 384, 4, 2, 16, 512, 96, 34864",
        "132, 232448, MIXING_DEPTHWISE, 1, 512, 512, 192, 4, 4, 32, 512, 96, 28592",
        "108, 166912, DEPTHWISE_NORM, 8, 24, 24, 1536, 4, 2, 6, 96, 384, 141376",
        "108, 166912, DEPTHWISE_NORM, 2, 128, 128, 320, 4, 3, 7, 418, 128, 38496",
        "108, 166912, DEPTHWISE_NORM, 2, 32, 32, 1280, 4, 1, 3, 176, 160, 81952",
        "108, 166912, MIXING_DEPTHWISE, 1, 512, 512, 192, 4, 4, 19, 864, 96, 28592",
        "20, 101376, DEPTHWISE_NORM, 2, 24, 24, 1536, 2, 2, 8, 36, 384, 98336",
        "20, 101376, DEPTHWISE_NORM, 2, 64, 64, 640, 4, 4, 13, 40, 320, 94848",
        "20, 101376, MIXING_DEPTHWISE, 1, 512, 512, 192, 4, 16, 26, 160, 384, 94640",
        "20, 101376, MIXING_DEPTHWISE, 3, 5, 7, 2048, 2, 1, 5, 12, 256, 98416",
    })
    void plan_isTheCheapestByEstimate(
            int multiprocessors,
            int shared,
            Kind kind,
            int maps,
            int height,
            int width,
            int channels,
            int columns,
            int groups,
            int rows,
            int tiles,
            int threads,
            int sharedBytes) {
        gpu.multiprocessors = multiprocessors;
        gpu.sharedBytes = shared;
        MapShape shape = new MapShape(maps, height, width, channels);

        DepthwisePlan plan = DepthwisePlan.of(kind, shape, gpu).orElseThrow();

        assertThat(plan).isEqualTo(new DepthwisePlan(columns, groups, rows));
        String kernel = (kind == Kind.DEPTHWISE_NORM ? "depthwise_norm_" : "mixing_depthwise_") + columns;
        assertThat(plan.launch(kind, shape, ImmutableList.builder().add(5)))
                .isEqualTo(new Launch(kernel, tiles, 1, 1, threads, sharedBytes, ImmutableList.of(5, groups, rows, 3)));
        assertThat(DepthwisePlans.of(kind, shape, gpu)).contains(plan);
        assertThat(DepthwisePlans.of(kind, shape, gpu)).contains(plan);
    }

    @Test
    void sizesThatTheFastKernelsDoNotTake_haveNoPlan() {
        assertThat(DepthwisePlan.of(Kind.DEPTHWISE_NORM, new MapShape(1, 2, 2, 2056), gpu)).isEmpty();
        assertThat(DepthwisePlan.of(Kind.DEPTHWISE_NORM, new MapShape(1, 2, 2, 12), gpu)).isEmpty();
        gpu.sharedBytes = 101_376;
        assertThat(DepthwisePlan.of(Kind.DEPTHWISE_NORM, new MapShape(1, 2, 2, 2048), gpu)).isEmpty();
    }

    /** Every cell of the map is in one tile, and every block fits. */
    @Test
    void tiles_coverTheMaps() {
        for (int side = 1; side < 70; side++) {
            MapShape maps = new MapShape(3, side, 2 * side + 1, 64);
            DepthwisePlan plan = DepthwisePlan.of(Kind.DEPTHWISE_NORM, maps, gpu).orElseThrow();
            int across = (2 * side + plan.groups() * plan.columns()) / (plan.groups() * plan.columns());
            int down = (side + plan.rows() - 1) / plan.rows();
            assertThat(plan.tiles(maps)).isEqualTo(3L * across * down);
            assertThat(plan.threads(maps)).isBetween(plan.groups() * 8, 512).isEqualTo((plan.groups() * 8 + 31) / 32 * 32);
            assertThat(plan.sharedBytes(Kind.DEPTHWISE_NORM, 64)).isLessThanOrEqualTo(gpu.sharedBytes);
        }
    }
}
