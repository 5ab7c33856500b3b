package wurstchen.onnx.internal.operators;

import ai.onnxruntime.OrtException;
import com.google.common.collect.ImmutableList;
import wurstchen.WurstchenException;
import wurstchen.onnx.internal.operators.callback.OperatorCall;
import wurstchen.onnx.internal.operators.gpu.Epilogue;
import wurstchen.onnx.internal.operators.gpu.GpuWork;
import wurstchen.onnx.internal.operators.gpu.Launch;
import wurstchen.onnx.internal.operators.gpu.Product;
import wurstchen.onnx.internal.operators.gpu.ProductShape;
import wurstchen.onnx.internal.operators.gpu.TensorTiles;

/**
 * DenseGeluResponse: inputs x[R,H,W,K], weight[K,N], bias[N], gamma[N]; outputs u[R,H,W,N] = gelu(x weight + bias), and s[R,N] in float32, the scales
 * of {@link ResponseScale}.
 *
 * <p>Where the GPU has the kernel, the product's own tiles are squared and summed; elsewhere a kernel reads u once more.
 */
record DenseGeluResponseKernel() implements GpuKernel {
    /** Threads, and blocks of a map, of response_of_squares, and the most channels that it takes. */
    private static final int RESPONSE_THREADS = 256;

    private static final int RESPONSE_BLOCKS = 8;

    private static final int MOST_CHANNELS = 8192;

    /** Addresses of all tensors. */
    private record Tensors(long x, long weight, long bias, long gamma, long u, long s) {
        boolean aligned() {
            return Alignment.ofAddresses(x, weight, bias, gamma, u, s);
        }
    }

    @Override
    public void queue(OperatorCall call, GpuWork gpu) throws OrtException {
        MapShape x = MapShape.of("x", call.shape(0));
        int channels = Shapes.toInt("the number of columns", Shapes.check("weight", call.shape(1), x.channels(), Shapes.ANY)[1]);
        Shapes.check("bias", call.shape(2), channels);
        Shapes.check("gamma", call.shape(3), channels);
        MapShape u = new MapShape(x.maps(), x.height(), x.width(), channels);
        long[] outputs = {call.output(0, x.withChannels(channels)), call.output(1, x.maps(), channels)};
        if (u.empty()) {
            checkNothingToDo(u);
            return;
        }
        Rows.check(u);
        Tensors tensors = new Tensors(call.input(0), call.input(1), call.input(2), call.input(3), outputs[0], outputs[1]);
        GeluTile tile = GeluTile.of(x, channels, gpu.multiprocessors());
        if (gpu.has(tile.kernel()) && tensors.aligned() && fits(x.channels(), channels)) {
            inOnePass(gpu, x, channels, tensors, tile);
        } else {
            inTwoPasses(gpu, x, u, tensors);
        }
    }

    /** A map without tokens would leave its scale undefined. */
    private static void checkNothingToDo(MapShape maps) {
        if (maps.maps() > 0 && maps.channels() > 0) {
            throw new WurstchenException("u must have one token or more, got " + maps.height() + " x " + maps.width());
        }
    }

    private static boolean fits(int inner, int channels) {
        return inner > 0 && Alignment.ofLengths(inner, channels) && channels <= MOST_CHANNELS;
    }

    private static void inOnePass(GpuWork gpu, MapShape x, int channels, Tensors tensors, GeluTile tile) {
        int tokens = Shapes.toInt("the number of tokens", x.tokens());
        int tokenTiles = tile.tokenTiles(x);
        long squares = gpu.scratch((long) Float.BYTES * Math.multiplyExact((long) x.maps() * tokenTiles, channels));
        long blocks = Math.min(gpu.multiprocessors() / GeluTile.BLOCKS, tile.tiles(x, channels)) * GeluTile.BLOCKS;
        gpu.launch(new Launch(
                tile.kernel(),
                (int) blocks,
                1,
                1,
                GeluTile.THREADS,
                tile.sharedBytes(),
                ImmutableList.of(
                        TensorTiles.of(tensors.weight, x.channels(), channels, GeluTile.SIDE, GeluTile.SIDE),
                        TensorTiles.of(tensors.x, x.maps(), tokens, x.channels(), tile.tokens() / GeluTile.BLOCKS, GeluTile.SIDE),
                        TensorTiles.of(tensors.u, x.maps(), tokens, channels, tile.tokens(), GeluTile.SIDE),
                        tensors.bias,
                        squares,
                        x.maps(),
                        tokens,
                        x.channels(),
                        channels)));
        gpu.launch(Launch.of(
                "response_of_squares",
                RESPONSE_BLOCKS,
                x.maps(),
                1,
                RESPONSE_THREADS,
                squares,
                tensors.gamma,
                tensors.s,
                tokenTiles,
                channels));
    }

    private static void inTwoPasses(GpuWork gpu, MapShape x, MapShape u, Tensors tensors) {
        ProductShape shape = new ProductShape(x.allTokens(), x.channels(), u.channels(), Epilogue.GELU_BIAS, false, 1);
        gpu.multiply(new Product(shape, tensors.x, tensors.weight, tensors.bias, 0, tensors.u));
        ResponseScale.launch(gpu, u, tensors.u, tensors.gamma, tensors.s);
    }
}
