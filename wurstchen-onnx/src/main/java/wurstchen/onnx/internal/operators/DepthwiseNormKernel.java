package wurstchen.onnx.internal.operators;

import ai.onnxruntime.OrtException;
import com.google.common.collect.ImmutableList;
import java.util.Optional;
import wurstchen.WurstchenException;
import wurstchen.onnx.internal.operators.callback.OperatorCall;
import wurstchen.onnx.internal.operators.gpu.GpuWork;
import wurstchen.onnx.internal.operators.gpu.Launch;

/**
 * DepthwiseNorm, DepthwiseNormJoin and DepthwiseNormJoinTwo: inputs x[R,H,W,C], scale[1,S], offset[1,S], weight[9,C], bias[C] and none to two
 * maps [R,H,W,E] to join; outputs y = x (1 + scale[slice]) + offset[slice], and normed[R,H,W,C+E...], the norm over C of the depthwise 3x3
 * convolution of y with a border of zeros, with the columns of the joined maps behind it.
 *
 * @param slice the columns of scale and offset
 * @param epsilon of the norm
 * @param joins how many maps are joined
 */
record DepthwiseNormKernel(Slice slice, float epsilon, int joins) implements GpuKernel {
    private static final int TAPS = 9;
    private static final int FIRST_JOIN = 5;
    private static final int ANY_THREADS = 256;

    @Override
    public void queue(OperatorCall call, GpuWork gpu) throws OrtException {
        MapShape maps = MapShape.of("x", call.shape(0));
        slice.check(call, maps.channels());
        Shapes.check("weight", call.shape(3), TAPS, maps.channels());
        Shapes.check("bias", call.shape(4), maps.channels());
        int first = joins > 0 ? joinedChannels(call, maps, FIRST_JOIN) : 0;
        int second = joins > 1 ? joinedChannels(call, maps, FIRST_JOIN + 1) : 0;
        long y = call.output(0, maps.withChannels(maps.channels()));
        long normed = call.output(1, maps.withChannels((long) maps.channels() + first + second));
        if (maps.channels() == 0) {
            throw new WurstchenException("x must have one channel or more, got none; export the bundle again");
        }
        if (!maps.empty()) {
            gpu.launch(launch(new Tensors(call, this, first, second, y, normed), maps, gpu));
        }
    }

    private static int joinedChannels(OperatorCall call, MapShape maps, int input) throws OrtException {
        long[] shape = Shapes.check("joined", call.shape(input), maps.maps(), maps.height(), maps.width(), Shapes.ANY);
        return Shapes.toInt("the number of joined channels", shape[3]);
    }

    /** The addresses of the inputs and outputs, and the numbers of joined channels. */
    private static final class Tensors {
        private final long[] addresses;
        private final int first;
        private final int second;

        Tensors(OperatorCall call, DepthwiseNormKernel kernel, int first, int second, long y, long normed) throws OrtException {
            this.first = first;
            this.second = second;
            addresses = new long[] {
                call.input(0),
                kernel.slice.address(call, 1),
                kernel.slice.address(call, 2),
                call.input(3),
                call.input(4),
                first > 0 ? call.input(FIRST_JOIN) : 0,
                second > 0 ? call.input(FIRST_JOIN + 1) : 0,
                y,
                normed
            };
        }

        boolean aligned() {
            return Alignment.ofLengths(first, second) && Alignment.ofAddresses(addresses);
        }
    }

    private Launch launch(Tensors tensors, MapShape maps, GpuWork gpu) {
        ImmutableList.Builder<Object> arguments = ImmutableList.builder();
        for (long address : tensors.addresses) {
            arguments.add(address);
        }
        arguments.add(maps.maps(), maps.height(), maps.width(), maps.channels(), tensors.first, tensors.second, epsilon);
        Optional<DepthwisePlan> plan =
                tensors.aligned() ? DepthwisePlans.of(DepthwisePlan.Kind.DEPTHWISE_NORM, maps, gpu) : Optional.empty();
        if (plan.isEmpty()) {
            int blocks = (int) Math.min(maps.allTokens(), Integer.MAX_VALUE);
            return new Launch("depthwise_norm_any", blocks, 1, 1, ANY_THREADS, 0, arguments.build());
        }
        return plan.get().launch(DepthwisePlan.Kind.DEPTHWISE_NORM, maps, arguments);
    }
}
