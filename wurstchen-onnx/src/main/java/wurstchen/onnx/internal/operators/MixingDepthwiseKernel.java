package wurstchen.onnx.internal.operators;

import ai.onnxruntime.OrtException;
import com.google.common.collect.ImmutableList;
import java.util.Optional;
import wurstchen.onnx.internal.operators.callback.OperatorCall;
import wurstchen.onnx.internal.operators.gpu.GpuWork;
import wurstchen.onnx.internal.operators.gpu.Launch;

/**
 * MixingDepthwise of Stage A: inputs x[R,H,W,C], weight[9,C], bias[C], next_bias[C]; with t = x + bias + the depthwise 3x3 convolution of the
 * norm of x over C with its border repeated, the outputs are y = t + next_bias and normed, the norm of t over C.
 *
 * @param epsilon of both norms
 */
record MixingDepthwiseKernel(float epsilon) implements GpuKernel {
    private static final int TAPS = 9;
    private static final int ANY_THREADS = 256;

    /** Fills a multiprocessor. More blocks take up to 1.7 times as long, because each norms few tokens. */
    private static final int BLOCKS_OF_MULTIPROCESSOR = 16;

    /** Mean and inverse deviation of a token, float32 each. */
    private static final int STATISTICS_BYTES = 8;

    @Override
    public void queue(OperatorCall call, GpuWork gpu) throws OrtException {
        MapShape maps = MapShape.of("x", call.shape(0));
        int channels = maps.channels();
        Shapes.check("weight", call.shape(1), TAPS, channels);
        Shapes.check("bias", call.shape(2), channels);
        Shapes.check("next_bias", call.shape(3), channels);
        long y = call.output(0, maps.withChannels(channels));
        long normed = call.output(1, maps.withChannels(channels));
        if (maps.empty()) {
            return;
        }
        long x = call.input(0);
        long statistics = gpu.scratch(Math.multiplyExact(maps.allTokens(), STATISTICS_BYTES));
        gpu.launch(statistics(x, statistics, maps, gpu.multiprocessors()));
        gpu.launch(mixing(new long[] {x, statistics, call.input(1), call.input(2), call.input(3), y, normed}, maps, gpu));
    }

    private Launch statistics(long x, long statistics, MapShape maps, int multiprocessors) {
        long tokens = maps.allTokens();
        NormGrid grid = NormGrid.of("norm_statistics", tokens, maps.channels(), x, statistics)
                .atMost(BLOCKS_OF_MULTIPROCESSOR * multiprocessors);
        return Launch.of(grid.kernel(), grid.blocks(), 1, 1, grid.threads(), x, statistics, tokens, maps.channels(), epsilon);
    }

    private Launch mixing(long[] addresses, MapShape maps, GpuWork gpu) {
        ImmutableList.Builder<Object> arguments = ImmutableList.builder();
        for (long address : addresses) {
            arguments.add(address);
        }
        arguments.add(maps.maps(), maps.height(), maps.width(), maps.channels(), epsilon);
        Optional<DepthwisePlan> plan = Alignment.ofAddresses(addresses)
                ? DepthwisePlans.of(DepthwisePlan.Kind.MIXING_DEPTHWISE, maps, gpu)
                : Optional.empty();
        if (plan.isEmpty()) {
            int blocks = (int) Math.min(maps.allTokens(), Integer.MAX_VALUE);
            return new Launch("mixing_depthwise_any", blocks, 1, 1, ANY_THREADS, 0, arguments.build());
        }
        return plan.get().launch(DepthwisePlan.Kind.MIXING_DEPTHWISE, maps, arguments);
    }
}
