package wurstchen.onnx.internal.operators;

import ai.onnxruntime.OrtException;
import wurstchen.WurstchenException;
import wurstchen.onnx.internal.operators.callback.OperatorCall;
import wurstchen.onnx.internal.operators.gpu.GpuWork;
import wurstchen.onnx.internal.operators.gpu.Launch;

/**
 * ResponseScale: inputs u[R,H,W,K], gamma[K]; output s[R,K] in float32, with n the root of the sum of squares of a channel over its map:
 * s = 1 + gamma n / (mean of n over K + 1e-6).
 */
record ResponseScaleKernel() implements GpuKernel {
    private static final int THREADS = 256;

    /** Channels of a block. */
    private static final int CHANNELS = 256;

    /** Tokens that a block reads at least. */
    private static final int LEAST_TOKENS = 8;

    /** Blocks for each multiprocessor: more only add partial sums. */
    private static final int BLOCKS = 2;

    @Override
    public void queue(OperatorCall call, GpuWork gpu) throws OrtException {
        MapShape maps = MapShape.of("u", call.shape(0));
        int channels = maps.channels();
        Shapes.check("gamma", call.shape(1), channels);
        long s = call.output(0, maps.maps(), channels);
        if (maps.empty()) {
            checkNothingToDo(maps);
            return;
        }
        Rows.check(maps);
        long u = call.input(0);
        long gamma = call.input(1);
        int tokens = Shapes.toInt("the number of tokens", maps.tokens());
        int blocks = (int) Shapes.ceilDiv(channels, CHANNELS);
        int chunks = chunks(maps, blocks, gpu.multiprocessors());
        long partials = gpu.scratch(Float.BYTES
                * ((long) maps.maps() * chunks * channels + (long) maps.maps() * channels + (long) maps.maps() * blocks));
        long counters = gpu.zeros((long) Integer.BYTES * maps.maps() * (blocks + 1));
        boolean fast = Alignment.ofLengths(channels) && Alignment.ofAddresses(u, gamma, s, partials);
        gpu.launch(Launch.of(
                Alignment.choose("response_scale", fast),
                blocks,
                chunks,
                maps.maps(),
                THREADS,
                u,
                gamma,
                s,
                partials,
                counters,
                maps.maps(),
                tokens,
                channels));
    }

    /** A map without tokens would leave its scale undefined. */
    private static void checkNothingToDo(MapShape maps) {
        if (maps.maps() > 0 && maps.channels() > 0) {
            throw new WurstchenException("u must have one token or more, got " + maps.height() + " x " + maps.width());
        }
    }

    /** Into how many parts the tokens of a map are divided: enough to fill the GPU. */
    static int chunks(MapShape maps, int blocks, int multiprocessors) {
        long wanted = (long) BLOCKS * multiprocessors / ((long) blocks * maps.maps());
        long most = Math.min(Launch.MAX_GRID_YZ, Shapes.ceilDiv(maps.tokens(), LEAST_TOKENS));
        return (int) Math.max(1, Math.min(wanted, most));
    }
}
