package wurstchen.onnx.internal.operators;

import wurstchen.onnx.internal.operators.gpu.GpuWork;
import wurstchen.onnx.internal.operators.gpu.Launch;

/**
 * The kernel that computes the response norm's scales from maps u[R,H,W,K] and gamma[K]: s[R,K] in float32, with n the root of the sum of
 * squares of a channel over its map, s = 1 + gamma n / (mean of n over K + 1e-6).
 */
final class ResponseScale {
    private static final int THREADS = 256;

    /** Channels of a block. */
    private static final int CHANNELS = 256;

    /** Tokens that a block reads at least. */
    private static final int LEAST_TOKENS = 8;

    /** Blocks for each multiprocessor: more only add partial sums. */
    private static final int BLOCKS = 2;

    private ResponseScale() {}

    /** Queues the kernel for maps with tokens and channels. */
    static void launch(GpuWork gpu, MapShape maps, long u, long gamma, long s) {
        int channels = maps.channels();
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

    /** Into how many parts the tokens of a map are divided: enough to fill the GPU. */
    static int chunks(MapShape maps, int blocks, int multiprocessors) {
        long wanted = (long) BLOCKS * multiprocessors / ((long) blocks * maps.maps());
        long most = Math.min(Launch.MAX_GRID_YZ, Shapes.ceilDiv(maps.tokens(), LEAST_TOKENS));
        return (int) Math.max(1, Math.min(wanted, most));
    }
}
