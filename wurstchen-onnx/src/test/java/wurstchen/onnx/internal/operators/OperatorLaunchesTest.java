package wurstchen.onnx.internal.operators;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;
import static wurstchen.onnx.internal.operators.CallOfShapes.in;
import static wurstchen.onnx.internal.operators.CallOfShapes.out;
import static wurstchen.onnx.internal.operators.CallOfShapes.shape;

import ai.onnxruntime.OrtException;
import com.google.common.collect.ImmutableList;
import org.junit.jupiter.api.Test;
import wurstchen.WurstchenException;
import wurstchen.onnx.internal.operators.gpu.Epilogue;
import wurstchen.onnx.internal.operators.gpu.Launch;
import wurstchen.onnx.internal.operators.gpu.Product;
import wurstchen.onnx.internal.operators.gpu.ProductShape;
import wurstchen.onnx.internal.operators.gpu.TensorTiles;

/** What each operator queues, with the parameters and geometry that the kernels' sources ask for. */
class OperatorLaunchesTest {
    private static final float EPSILON = 1e-6f;

    private final GpuLog gpu = new GpuLog();

    private void queue(GpuKernel kernel, CallOfShapes call) {
        try {
            kernel.queue(call, gpu);
        } catch (OrtException e) {
            throw new AssertionError(e);
        }
    }

    private void assertRefused(GpuKernel kernel, CallOfShapes call, String message) {
        assertThatThrownBy(() -> queue(kernel, call)).isInstanceOf(WurstchenException.class).hasMessage(message);
        assertThat(gpu.launches).isEmpty();
        assertThat(gpu.products).isEmpty();
    }

    @Test
    void dense_isAProductOfAllRows() {
        CallOfShapes call = new CallOfShapes(shape(2, 24, 24, 1536), shape(1536, 6144), shape(6144));
        queue(new DenseKernel(Epilogue.GELU_BIAS), call);

        assertThat(call.outputs).containsExactly(shape(2, 24, 24, 6144));
        assertThat(gpu.products)
                .containsExactly(new Product(
                        new ProductShape(1152, 1536, 6144, Epilogue.GELU_BIAS, false, 1), in(0), in(1), in(2), 0, out(0)));
    }

    @Test
    void dense_ofOneRow_orNone() {
        queue(new DenseKernel(Epilogue.BIAS), new CallOfShapes(shape(64), shape(64, 8), shape(8)));
        assertThat(gpu.products).extracting(Product::shape).containsExactly(new ProductShape(1, 64, 8, Epilogue.BIAS, false, 1));

        CallOfShapes nothing = new CallOfShapes(shape(0, 64), shape(64, 8), shape(8));
        queue(new DenseKernel(Epilogue.BIAS), nothing);
        assertThat(nothing.outputs).containsExactly(shape(0, 8));
        assertThat(gpu.products).hasSize(1);
    }

    @Test
    void dense_refusesShapesThatDoNotFit() {
        assertRefused(
                new DenseKernel(Epilogue.BIAS),
                new CallOfShapes(shape(2, 3, 64), shape(63, 8), shape(8)),
                "weight must be of shape [64,any], got [63,8]; export the bundle again");
        assertRefused(
                new DenseKernel(Epilogue.BIAS),
                new CallOfShapes(shape(2, 64), shape(64, 8), shape(9)),
                "bias must be of shape [8], got [9]; export the bundle again");
        assertRefused(
                new DenseKernel(Epilogue.BIAS),
                new CallOfShapes(shape(), shape(64, 8), shape(8)),
                "x must have one axis or more, got none; export the bundle again");
    }

    @Test
    void denseResidual_addsInTheProduct() {
        CallOfShapes call = new CallOfShapes(shape(2, 24, 24, 64), shape(64, 16), shape(2, 24, 24, 16));
        queue(new DenseResidualKernel(), call);

        assertThat(call.outputs).containsExactly(shape(2, 24, 24, 16));
        assertThat(gpu.products)
                .containsExactly(
                        new Product(new ProductShape(1152, 64, 16, Epilogue.NONE, true, 1), in(0), in(1), 0, in(2), out(0)));
        gpu.products.clear();
        assertRefused(
                new DenseResidualKernel(),
                new CallOfShapes(shape(2, 24, 24, 64), shape(64, 16), shape(2, 24, 23, 16)),
                "residual must be of shape [2,24,24,16], got [2,24,23,16]; export the bundle again");
    }

    @Test
    void denseBiasResidual_addsBothInTheProduct() {
        GpuKernel kernel = new DenseBiasResidualKernel();
        CallOfShapes call = new CallOfShapes(shape(2, 77, 64), shape(64, 16), shape(16), shape(2, 77, 16));
        queue(kernel, call);
        queue(kernel, new CallOfShapes(shape(0, 77, 64), shape(64, 16), shape(16), shape(0, 77, 16)));

        assertThat(call.outputs).containsExactly(shape(2, 77, 16));
        assertThat(gpu.products)
                .containsExactly(
                        new Product(new ProductShape(154, 64, 16, Epilogue.BIAS, true, 1), in(0), in(1), in(2), in(3), out(0)));
        gpu.products.clear();
        assertRefused(
                kernel,
                new CallOfShapes(shape(2, 77, 64), shape(64, 16), shape(17), shape(2, 77, 16)),
                "bias must be of shape [16], got [17]; export the bundle again");
        assertRefused(
                kernel,
                new CallOfShapes(shape(2, 77, 64), shape(64, 16), shape(16), shape(2, 76, 16)),
                "residual must be of shape [2,77,16], got [2,76,16]; export the bundle again");
    }

    @Test
    void maskedAttention_takesABlockForSixteenQueriesOfAHead() {
        CallOfShapes call = new CallOfShapes(shape(2, 77, 3840), shape(2, 1, 77, 77));
        queue(new MaskedAttentionKernel(20, 0.125f), call);
        CallOfShapes none = new CallOfShapes(shape(0, 77, 3840), shape(0, 1, 77, 77));
        queue(new MaskedAttentionKernel(20, 0.125f), none);

        assertThat(call.outputs).containsExactly(shape(2, 77, 1280));
        assertThat(none.outputs).containsExactly(shape(0, 77, 1280));
        // Keys and values: 2 * 77 rows of 72 halves; of each of 8 warps: 64 and 80 floats.
        assertThat(gpu.launches)
                .containsExactly(new Launch(
                        "masked_attention", 5, 20, 2, 256, 26_784, ImmutableList.of(in(0), in(1), out(0), 77, 20, 64, 0.125f)));
    }

    @Test
    void maskedAttention_refusesWhatItCannotCompute() {
        assertRefused(
                new MaskedAttentionKernel(2, 1),
                new CallOfShapes(shape(2, 77, 120), shape(2, 1, 77, 77)),
                "qkv must have a multiple of 24 channels for each of 2 heads, got 120; export the bundle again");
        assertRefused(
                new MaskedAttentionKernel(0, 1),
                new CallOfShapes(shape(2, 77, 120), shape(2, 1, 77, 77)),
                "qkv must have a multiple of 24 channels for each of 0 heads, got 120; export the bundle again");
        assertRefused(
                new MaskedAttentionKernel(2, 1),
                new CallOfShapes(shape(2, 77, 96), shape(2, 1, 77, 76)),
                "mask must be of shape [2,1,77,77], got [2,1,77,76]; export the bundle again");
        assertRefused(
                new MaskedAttentionKernel(1, 1),
                new CallOfShapes(shape(2, 1000, 192), shape(2, 1, 1000, 1000)),
                "heads of 64 channels for 1000 tokens need 322048 bytes of shared memory, the GPU has 232448; run without operators:"
                        + " -Dwurstchen.operators=off");
        assertRefused(
                new MaskedAttentionKernel(1, 1),
                new CallOfShapes(shape(70_000, 7, 24), shape(70_000, 1, 7, 7)),
                "a kernel takes at most 65535 rows, got 70000; make fewer pictures at a time");
        CallOfShapes shifted = new CallOfShapes(shape(2, 77, 96), shape(2, 1, 77, 77));
        shifted.shift = 2;
        assertRefused(
                new MaskedAttentionKernel(2, 1),
                shifted,
                "tensors of MaskedAttention must begin at multiples of 16 bytes, got 268435458 and 536870912");
    }

    @Test
    void depthwiseNorm_launchesTheFastKernel_onItsSlice() {
        CallOfShapes call =
                new CallOfShapes(shape(2, 24, 24, 1536), shape(1, 49152), shape(1, 49152), shape(9, 1536), shape(1536));
        queue(new DepthwiseNormKernel(new Slice(3072, 4608), EPSILON, 0), call);

        assertThat(call.outputs).containsExactly(shape(2, 24, 24, 1536), shape(2, 24, 24, 1536));
        assertThat(gpu.launches)
                .containsExactly(new Launch(
                        "depthwise_norm_3",
                        192,
                        1,
                        1,
                        192,
                        87_576,
                        ImmutableList.of(
                                in(0), in(1) + 6144, in(2) + 6144, in(3), in(4), 0L, 0L, out(0), out(1), 2, 24, 24, 1536, 0, 0, EPSILON, 1, 2, 3)));
    }

    @Test
    void depthwiseNormJoin_putsTheJoinedColumnsBehind() {
        CallOfShapes call = new CallOfShapes(
                shape(2, 64, 64, 640),
                shape(1, 640),
                shape(1, 640),
                shape(9, 640),
                shape(640),
                shape(2, 64, 64, 640),
                shape(2, 64, 64, 16));
        queue(new DepthwiseNormKernel(new Slice(0, 640), EPSILON, 2), call);

        assertThat(call.outputs).containsExactly(shape(2, 64, 64, 640), shape(2, 64, 64, 1296));
        Launch launch = gpu.launches.get(0);
        assertThat(launch.kernel()).isEqualTo("depthwise_norm_4");
        assertThat(launch.arguments().subList(0, 16))
                .containsExactly(
                        in(0), in(1), in(2), in(3), in(4), in(5), in(6), out(0), out(1), 2, 64, 64, 640, 640, 16, EPSILON);
        assertThat(launch.arguments()).hasSize(19);
    }

    @Test
    void depthwiseNorm_ofAnySize_takesTheSlowKernel() {
        Slice slice = new Slice(0, 20);
        queue(
                new DepthwiseNormKernel(slice, EPSILON, 1),
                new CallOfShapes(shape(3, 5, 7, 20), shape(1, 20), shape(1, 20), shape(9, 20), shape(20), shape(3, 5, 7, 3)));

        assertThat(gpu.launches)
                .containsExactly(new Launch(
                        "depthwise_norm_any",
                        105,
                        1,
                        1,
                        256,
                        0,
                        ImmutableList.of(in(0), in(1), in(2), in(3), in(4), in(5), 0L, out(0), out(1), 3, 5, 7, 20, 3, 0, EPSILON)));
    }

    @Test
    void depthwiseNorm_takesTheSlowKernel_whereAlignmentOrJoinedWidthAsk() {
        long[][] shapes = {shape(1, 4, 4, 64), shape(1, 200), shape(1, 200), shape(9, 64), shape(64), shape(1, 4, 4, 8)};
        queue(new DepthwiseNormKernel(new Slice(8, 72), EPSILON, 1), new CallOfShapes(shapes));
        // The slice begins between two multiples of 16 bytes.
        queue(new DepthwiseNormKernel(new Slice(4, 68), EPSILON, 1), new CallOfShapes(shapes));
        CallOfShapes shifted = new CallOfShapes(shapes);
        shifted.shift = 2;
        queue(new DepthwiseNormKernel(new Slice(8, 72), EPSILON, 1), shifted);
        shapes[5] = shape(1, 4, 4, 7);
        queue(new DepthwiseNormKernel(new Slice(8, 72), EPSILON, 1), new CallOfShapes(shapes));

        assertThat(gpu.launches)
                .extracting(Launch::kernel)
                .containsExactly("depthwise_norm_2", "depthwise_norm_any", "depthwise_norm_any", "depthwise_norm_any");
    }

    @Test
    void depthwiseNorm_takesTheSlowKernel_whereSharedMemoryDoesNotSuffice() {
        gpu.sharedBytes = 48 << 10;
        queue(
                new DepthwiseNormKernel(new Slice(0, 1536), EPSILON, 0),
                new CallOfShapes(shape(2, 24, 24, 1536), shape(1, 1536), shape(1, 1536), shape(9, 1536), shape(1536)));

        assertThat(gpu.launches).extracting(Launch::kernel).containsExactly("depthwise_norm_any");
    }

    @Test
    void depthwiseNorm_refusesShapesThatDoNotFit() {
        GpuKernel kernel = new DepthwiseNormKernel(new Slice(8, 24), EPSILON, 1);
        long[][] shapes = {shape(1, 4, 4, 16), shape(1, 24), shape(1, 24), shape(9, 16), shape(16), shape(1, 4, 4, 3)};
        long[][] bad = shapes.clone();
        bad[0] = shape(1, 4, 16);
        assertRefused(kernel, new CallOfShapes(bad), "x must be of shape [any,any,any,any], got [1,4,16]; export the bundle again");
        bad = shapes.clone();
        bad[0] = shape(1, 4, 4, 15);
        assertRefused(
                kernel,
                new CallOfShapes(bad),
                "start and end must be a slice of 15 values, as many as x has channels, got 8 and 24; export the bundle again");
        bad = shapes.clone();
        bad[1] = shape(1, 23);
        bad[2] = shape(1, 23);
        assertRefused(kernel, new CallOfShapes(bad), "scale and offset must have 24 columns or more, got 23; export the bundle again");
        bad[2] = shape(1, 24);
        assertRefused(kernel, new CallOfShapes(bad), "offset must be of shape [1,23], got [1,24]; export the bundle again");
        bad = shapes.clone();
        bad[3] = shape(8, 16);
        assertRefused(kernel, new CallOfShapes(bad), "weight must be of shape [9,16], got [8,16]; export the bundle again");
        bad = shapes.clone();
        bad[5] = shape(1, 4, 5, 3);
        assertRefused(kernel, new CallOfShapes(bad), "joined must be of shape [1,4,4,any], got [1,4,5,3]; export the bundle again");
        bad = shapes.clone();
        bad[0] = shape(1L << 31, 1, 1, 16);
        assertRefused(
                kernel,
                new CallOfShapes(bad),
                "a side of x is 2147483648, kernels take at most 2147483647; make fewer pictures at a time, or smaller ones");
    }

    @Test
    void emptyMaps_launchNothing_andHaveEmptyOutputs() {
        CallOfShapes call = new CallOfShapes(shape(0, 4, 4, 16), shape(1, 16), shape(1, 16), shape(9, 16), shape(16));
        queue(new DepthwiseNormKernel(new Slice(0, 16), EPSILON, 0), call);
        CallOfShapes affine = new CallOfShapes(shape(2, 0, 4, 16), shape(1, 16), shape(1, 16));
        queue(new AffineNormKernel(new Slice(0, 16), EPSILON), affine);
        CallOfShapes attention = new CallOfShapes(shape(0, 4, 4, 192), shape(1, 2, 0, 1, 7, 64));
        queue(new JointAttentionKernel(0, 1, 0.125f), attention);
        CallOfShapes scaled = new CallOfShapes(shape(2, 4, 0, 16), shape(2, 16), shape(16, 8), shape(2, 4, 0, 8));
        queue(new ScaledDenseResidualKernel(), scaled);
        CallOfShapes response = new CallOfShapes(shape(0, 4, 4, 16), shape(16, 8), shape(8), shape(8));
        queue(new DenseGeluResponseKernel(), response);

        assertThat(gpu.launches).isEmpty();
        assertThat(gpu.products).isEmpty();
        assertThat(call.outputs).containsExactly(shape(0, 4, 4, 16), shape(0, 4, 4, 16));
        assertThat(affine.outputs).containsExactly(shape(2, 0, 4, 16), shape(2, 0, 4, 16));
        assertThat(attention.outputs).containsExactly(shape(0, 16, 64));
        assertThat(scaled.outputs).containsExactly(shape(2, 4, 0, 8));
        assertThat(response.outputs).containsExactly(shape(0, 4, 4, 8), shape(0, 8));
    }

    @Test
    void affineNorm_takesAWarpForEachToken() {
        queue(
                new AffineNormKernel(new Slice(16, 1552), EPSILON),
                new CallOfShapes(shape(2, 24, 24, 1536), shape(1, 3072), shape(1, 3072)));

        assertThat(gpu.launches)
                .containsExactly(Launch.of(
                        "affine_norm_6", 288, 1, 1, 128, in(0), in(1) + 32, in(2) + 32, out(0), out(1), 1152L, 1536, EPSILON));
    }

    @Test
    void affineNorm_choosesTheKernelByTheChannels() {
        for (int channels : new int[] {8, 256, 264, 512, 768, 1024, 1032, 1536, 1544, 2048}) {
            queue(
                    new AffineNormKernel(new Slice(0, channels), EPSILON),
                    new CallOfShapes(shape(1, 1, 5, channels), shape(1, channels), shape(1, channels)));
        }

        assertThat(gpu.launches)
                .extracting(Launch::kernel)
                .containsExactly(
                        "affine_norm_1",
                        "affine_norm_1",
                        "affine_norm_2",
                        "affine_norm_2",
                        "affine_norm_3",
                        "affine_norm_4",
                        "affine_norm_6",
                        "affine_norm_6",
                        "affine_norm_8",
                        "affine_norm_8");
        assertThat(gpu.launches).extracting(Launch::gridX).containsOnly(2);
    }

    @Test
    void affineNorm_ofAnySize_takesABlockForEachToken() {
        queue(new AffineNormKernel(new Slice(0, 9), EPSILON), new CallOfShapes(shape(1, 3, 5, 9), shape(1, 9), shape(1, 9)));
        queue(
                new AffineNormKernel(new Slice(0, 2056), EPSILON),
                new CallOfShapes(shape(1, 1, 1, 2056), shape(1, 2056), shape(1, 2056)));

        assertThat(gpu.launches)
                .containsExactly(
                        Launch.of("affine_norm_any", 15, 1, 1, 256, in(0), in(1), in(2), out(0), out(1), 15L, 9, EPSILON),
                        Launch.of("affine_norm_any", 1, 1, 1, 256, in(0), in(1), in(2), out(0), out(1), 1L, 2056, EPSILON));
    }

    @Test
    void mixingDepthwise_normsFirst_thenMixes() {
        CallOfShapes call = new CallOfShapes(shape(1, 256, 256, 384), shape(9, 384), shape(384), shape(384));
        queue(new MixingDepthwiseKernel(EPSILON), call);

        assertThat(call.outputs).containsExactly(shape(1, 256, 256, 384), shape(1, 256, 256, 384));
        assertThat(gpu.scratchBytes).isEqualTo(8L * 65536);
        assertThat(gpu.launches.get(0))
                .isEqualTo(Launch.of("norm_statistics_2", 2112, 1, 1, 128, in(0), GpuLog.SCRATCH, 65536L, 384, EPSILON));
        Launch mixing = gpu.launches.get(1);
        assertThat(mixing.kernel()).isEqualTo("mixing_depthwise_4");
        assertThat(mixing.arguments().subList(0, 12))
                .containsExactly(in(0), GpuLog.SCRATCH, in(1), in(2), in(3), out(0), out(1), 1, 256, 256, 384, EPSILON);
        assertThat(mixing.arguments()).hasSize(15);
        assertThat(gpu.launches).hasSize(2);
    }

    @Test
    void mixingDepthwise_ofAnySize() {
        queue(new MixingDepthwiseKernel(EPSILON), new CallOfShapes(shape(2, 3, 5, 12), shape(9, 12), shape(12), shape(12)));

        assertThat(gpu.launches)
                .containsExactly(
                        Launch.of("norm_statistics_any", 30, 1, 1, 256, in(0), GpuLog.SCRATCH, 30L, 12, EPSILON),
                        Launch.of(
                                "mixing_depthwise_any", 30, 1, 1, 256, in(0), GpuLog.SCRATCH, in(1), in(2), in(3), out(0), out(1), 2, 3, 5, 12, EPSILON));
    }

    @Test
    void denseGeluResponse_squaresTheProductsTiles() {
        CallOfShapes call = new CallOfShapes(shape(2, 24, 24, 1536), shape(1536, 6144), shape(6144), shape(6144));
        queue(new DenseGeluResponseKernel(), call);

        assertThat(call.outputs).containsExactly(shape(2, 24, 24, 6144), shape(2, 6144));
        assertThat(gpu.scratchBytes).isEqualTo(4L * 2 * 4 * 6144);
        assertThat(gpu.products).isEmpty();
        assertThat(gpu.launches)
                .containsExactly(
                        new Launch(
                                "dense_gelu_hopper_144",
                                132,
                                1,
                                1,
                                384,
                                212_048,
                                ImmutableList.of(
                                        TensorTiles.of(in(1), 1536, 6144, 64, 64),
                                        TensorTiles.of(in(0), 2, 576, 1536, 72, 64),
                                        TensorTiles.of(out(0), 2, 576, 6144, 144, 64),
                                        in(2),
                                        GpuLog.SCRATCH,
                                        2,
                                        576,
                                        1536,
                                        6144)),
                        Launch.of("response_of_squares", 8, 2, 1, 256, GpuLog.SCRATCH, in(3), out(1), 4, 6144));
    }

    @Test
    void denseGeluResponse_takesTheTileThatGivesClustersLeastToDo() {
        for (long[] map : new long[][] {{32, 1296, 5120}, {16, 1296, 5120}, {1, 64, 128}}) {
            queue(
                    new DenseGeluResponseKernel(),
                    new CallOfShapes(shape(2, map[0], map[0], map[1]), shape(map[1], map[2]), shape(map[2]), shape(map[2])));
        }

        assertThat(gpu.launches)
                .filteredOn(launch -> launch.kernel().startsWith("dense"))
                .extracting(Launch::kernel, Launch::gridX)
                .containsExactly(
                        tuple("dense_gelu_hopper_128", 132), tuple("dense_gelu_hopper_96", 132), tuple("dense_gelu_hopper_96", 4));
    }

    @Test
    void denseGeluResponse_isAProductAndAKernelMore_whereTheGpuHasNoOther() {
        gpu.hopper = false;
        CallOfShapes call = new CallOfShapes(shape(2, 24, 24, 1536), shape(1536, 6144), shape(6144), shape(6144));
        queue(new DenseGeluResponseKernel(), call);

        // 24 blocks of 256 channels for each of two maps; 2 * 132 blocks are wanted.
        assertThat(call.outputs).containsExactly(shape(2, 24, 24, 6144), shape(2, 6144));
        assertThat(gpu.scratchBytes).isEqualTo(4L * (2 * 5 * 6144 + 2 * 6144 + 2 * 24));
        assertThat(gpu.zeroBytes).isEqualTo(4L * 2 * 25);
        assertThat(gpu.products)
                .containsExactly(new Product(
                        new ProductShape(1152, 1536, 6144, Epilogue.GELU_BIAS, false, 1), in(0), in(1), in(2), 0, out(0)));
        assertThat(gpu.launches)
                .containsExactly(Launch.of(
                        "response_scale", 24, 5, 2, 256, out(0), in(3), out(1), GpuLog.SCRATCH, GpuLog.ZEROS, 2, 576, 6144));
    }

    @Test
    void denseGeluResponse_ofFewTokens_orAnySize() {
        queue(new DenseGeluResponseKernel(), new CallOfShapes(shape(1, 3, 3, 16), shape(16, 20), shape(20), shape(20)));

        assertThat(gpu.products)
                .containsExactly(new Product(
                        new ProductShape(9, 16, 20, Epilogue.GELU_BIAS, false, 1), in(0), in(1), in(2), 0, out(0)));
        assertThat(gpu.launches)
                .containsExactly(Launch.of(
                        "response_scale_any", 1, 2, 1, 256, out(0), in(3), out(1), GpuLog.SCRATCH, GpuLog.ZEROS, 1, 9, 20));
        assertThat(ResponseScale.chunks(new MapShape(60_000, 1, 9, 8), 1, 132)).isEqualTo(1);
        assertThat(ResponseScale.chunks(new MapShape(1, 4096, 4096, 8), 1, 1_000_000)).isEqualTo(65_535);
    }

    @Test
    void denseGeluResponse_refusesShapesThatDoNotFit() {
        assertRefused(
                new DenseGeluResponseKernel(),
                new CallOfShapes(shape(1, 3, 3, 16), shape(16, 64), shape(64), shape(63)),
                "gamma must be of shape [64], got [63]; export the bundle again");
        assertRefused(
                new DenseGeluResponseKernel(),
                new CallOfShapes(shape(1, 3, 3, 16), shape(15, 64), shape(64), shape(64)),
                "weight must be of shape [16,any], got [15,64]; export the bundle again");
        assertRefused(
                new DenseGeluResponseKernel(),
                new CallOfShapes(shape(1, 0, 3, 16), shape(16, 64), shape(64), shape(64)),
                "u must have one token or more, got 0 x 3");
        assertRefused(
                new DenseGeluResponseKernel(),
                new CallOfShapes(shape(65_536, 1, 1, 16), shape(16, 8), shape(8), shape(8)),
                "a kernel takes at most 65535 maps, got 65536; make fewer pictures at a time");
    }

    @Test
    void scaledDenseResidual_ofALargeMap_scalesACopyOfTheWeightForEachMap() {
        CallOfShapes call = new CallOfShapes(shape(2, 128, 128, 1280), shape(2, 1280), shape(1280, 320), shape(2, 128, 128, 320));
        queue(new ScaledDenseResidualKernel(), call);

        assertThat(call.outputs).containsExactly(shape(2, 128, 128, 320));
        assertThat(gpu.scratchBytes).isEqualTo(2L * 2 * 1280 * 320);
        assertThat(gpu.launches)
                .containsExactly(Launch.of("scale_weight", 200, 1, 1, 256, in(2), in(1), GpuLog.SCRATCH, 2, 1280, 320));
        assertThat(gpu.products)
                .containsExactly(new Product(
                        new ProductShape(16384, 1280, 320, Epilogue.NONE, true, 2), in(0), GpuLog.SCRATCH, 0, in(3), out(0)));
    }

    @Test
    void scaledDenseResidual_ofASmallMap_scalesACopyOfTheMap() {
        queue(
                new ScaledDenseResidualKernel(),
                new CallOfShapes(shape(2, 24, 24, 6144), shape(2, 6144), shape(6144, 1536), shape(2, 24, 24, 1536)));

        assertThat(gpu.scratchBytes).isEqualTo(2L * 2 * 576 * 6144);
        assertThat(gpu.launches)
                .containsExactly(Launch.of("scale_activation", 24, 9, 2, 256, in(0), in(1), GpuLog.SCRATCH, 2, 576, 6144));
        assertThat(gpu.products)
                .containsExactly(new Product(
                        new ProductShape(1152, 6144, 1536, Epilogue.NONE, true, 1), GpuLog.SCRATCH, in(2), 0, in(3), out(0)));
    }

    @Test
    void scaledDenseResidual_ofAnySize() {
        queue(
                new ScaledDenseResidualKernel(),
                new CallOfShapes(shape(1, 2, 2, 12), shape(1, 12), shape(12, 5), shape(1, 2, 2, 5)));
        queue(
                new ScaledDenseResidualKernel(),
                new CallOfShapes(shape(1, 2, 3, 12), shape(1, 12), shape(12, 5), shape(1, 2, 3, 5)));

        assertThat(gpu.launches).extracting(Launch::kernel).containsExactly("scale_activation_any", "scale_weight_any");
    }

    @Test
    void jointAttention_takesLargeTiles_whereTheyFillTheGpu() {
        CallOfShapes call = new CallOfShapes(shape(2, 24, 24, 4608), shape(32, 2, 2, 24, 77, 64));
        queue(new JointAttentionKernel(31, 24, 0.125f), call);

        assertThat(call.outputs).containsExactly(shape(2, 576, 1536));
        assertThat(gpu.launches)
                .containsExactly(new Launch(
                        "joint_attention_hopper_128",
                        5,
                        24,
                        2,
                        256,
                        70_720,
                        ImmutableList.of(in(0), in(1), out(0), 2, 576, 24, 77, 31, 0.125f)));
    }

    @Test
    void jointAttention_takesTheKernelOfEveryGpu_whereThereIsNoOther() {
        gpu.hopper = false;
        queue(
                new JointAttentionKernel(31, 24, 0.125f),
                new CallOfShapes(shape(2, 24, 24, 4608), shape(32, 2, 2, 24, 77, 64)));
        queue(new JointAttentionKernel(0, 2, 1), new CallOfShapes(shape(1, 5, 13, 384), shape(1, 2, 1, 2, 7, 64)));

        assertThat(gpu.launches)
                .containsExactly(
                        Launch.of("joint_attention", 5, 24, 2, 128, in(0), in(1), out(0), 2, 576, 24, 77, 31, 0.125f),
                        Launch.of("joint_attention", 2, 2, 1, 64, in(0), in(1), out(0), 1, 65, 2, 7, 0, 1f));
    }

    @Test
    void jointAttention_takesSmallTiles_ofManyMapsWhoseLastLargeTileIsHalfEmpty() {
        queue(new JointAttentionKernel(0, 24, 1), new CallOfShapes(shape(8, 24, 24, 4608), shape(1, 2, 8, 24, 77, 64)));
        queue(new JointAttentionKernel(0, 20, 1), new CallOfShapes(shape(8, 32, 32, 3840), shape(1, 2, 8, 20, 77, 64)));

        assertThat(gpu.launches)
                .extracting(Launch::kernel)
                .containsExactly("joint_attention_hopper_64", "joint_attention_hopper_128");
    }

    @Test
    void jointAttention_takesSmallTiles_ofSmallMaps() {
        queue(
                new JointAttentionKernel(0, 2, 0.125f),
                new CallOfShapes(shape(1, 5, 13, 384), shape(1, 2, 1, 2, 0, 64)));

        assertThat(gpu.launches)
                .containsExactly(new Launch(
                        "joint_attention_hopper_64",
                        2,
                        2,
                        1,
                        128,
                        54_320,
                        ImmutableList.of(in(0), in(1), out(0), 1, 65, 2, 0, 0, 0.125f)));
    }

    @Test
    void jointAttention_refusesShapesThatDoNotFit() {
        assertRefused(
                new JointAttentionKernel(0, 2, 1),
                new CallOfShapes(shape(1, 5, 13, 383), shape(1, 2, 1, 2, 7, 64)),
                "qkv must be of shape [1,5,13,384], got [1,5,13,383]; export the bundle again");
        assertRefused(
                new JointAttentionKernel(0, 2, 1),
                new CallOfShapes(shape(1, 5, 13, 384), shape(1, 2, 2, 2, 7, 64)),
                "text_keys_values must be of shape [any,2,1,2,any,64], got [1,2,2,2,7,64]; export the bundle again");
        assertRefused(
                new JointAttentionKernel(3, 2, 1),
                new CallOfShapes(shape(1, 5, 13, 384), shape(3, 2, 1, 2, 7, 64)),
                "block must be from 0 to 2, got 3; export the bundle again");
    }
}
