package wurstchen.onnx.internal.operators;

import ai.onnxruntime.OrtException;
import wurstchen.onnx.internal.operators.callback.OperatorCall;
import wurstchen.onnx.internal.operators.gpu.Epilogue;
import wurstchen.onnx.internal.operators.gpu.GpuWork;
import wurstchen.onnx.internal.operators.gpu.Launch;
import wurstchen.onnx.internal.operators.gpu.Product;
import wurstchen.onnx.internal.operators.gpu.ProductShape;

/**
 * ScaledDenseResidual: inputs u[R,H,W,K], s[R,K] in float32, weight[K,N], residual[R,H,W,N]; output y[R,H,W,N] = residual + (u s) weight.
 *
 * <p>The scale goes into a copy of u, or into a copy of the weight for each map, whichever moves fewer bytes: a copy of u is written and read
 * once, so it takes 2 R H W K values more than the product alone. The weight is read once for the copies, which are written and read, where
 * the product alone would read one weight: (1 + R + R - 1) K N values more.
 */
record ScaledDenseResidualKernel() implements GpuKernel {
    private static final int THREADS = 256;

    /** Channels, and tokens, that a block scales. */
    private static final int CHANNELS = 256;

    private static final int TOKENS = 64;

    /** Values of the weight that a block scales. */
    private static final int WEIGHTS = 2048;

    @Override
    public void queue(OperatorCall call, GpuWork gpu) throws OrtException {
        MapShape maps = MapShape.of("u", call.shape(0));
        Shapes.check("s", call.shape(1), maps.maps(), maps.channels());
        int columns = Shapes.toInt("the number of columns", Shapes.check("weight", call.shape(2), maps.channels(), Shapes.ANY)[1]);
        Shapes.check("residual", call.shape(3), maps.withChannels(columns));
        long y = call.output(0, maps.withChannels(columns));
        if (maps.maps() == 0 || maps.tokens() == 0) {
            return;
        }
        Rows.check(maps);
        if (byWeight(maps, columns)) {
            byWeight(call, gpu, maps, columns, y);
        } else {
            byActivation(call, gpu, maps, columns, y);
        }
    }

    /** Returns whether 2 R K N, for copies of the weight, is less than 2 R H W K, for a copy of u. */
    static boolean byWeight(MapShape maps, int columns) {
        return columns < maps.tokens();
    }

    private static void byWeight(OperatorCall call, GpuWork gpu, MapShape maps, int columns, long y) throws OrtException {
        long values = Math.multiplyExact((long) maps.channels(), columns);
        long scale = call.input(1);
        long weight = call.input(2);
        long scaled = gpu.scratch(HALF * Math.multiplyExact(values, maps.maps()));
        boolean fast = Alignment.ofLengths(columns) && Alignment.ofAddresses(weight, scale, scaled);
        int blocks = (int) Math.min(Integer.MAX_VALUE, Shapes.ceilDiv(values, WEIGHTS));
        gpu.launch(Launch.of(
                Alignment.choose("scale_weight", fast), blocks, 1, 1, THREADS, weight, scale, scaled, maps.maps(), maps.channels(), columns));
        ProductShape shape = new ProductShape(maps.tokens(), maps.channels(), columns, Epilogue.NONE, true, maps.maps());
        gpu.multiply(new Product(shape, call.input(0), scaled, 0, call.input(3), y));
    }

    private static void byActivation(OperatorCall call, GpuWork gpu, MapShape maps, int columns, long y) throws OrtException {
        int tokens = Shapes.toInt("the number of tokens", maps.tokens());
        long u = call.input(0);
        long scale = call.input(1);
        long scaled = gpu.scratch(HALF * Math.multiplyExact(maps.allTokens(), maps.channels()));
        boolean fast = Alignment.ofLengths(maps.channels()) && Alignment.ofAddresses(u, scale, scaled);
        gpu.launch(Launch.of(
                Alignment.choose("scale_activation", fast),
                (int) Shapes.ceilDiv(maps.channels(), CHANNELS),
                (int) Math.min(Launch.MAX_GRID_YZ, Shapes.ceilDiv(tokens, TOKENS)),
                maps.maps(),
                THREADS,
                u,
                scale,
                scaled,
                maps.maps(),
                tokens,
                maps.channels()));
        ProductShape shape = new ProductShape(maps.allTokens(), maps.channels(), columns, Epilogue.NONE, true, 1);
        gpu.multiply(new Product(shape, scaled, call.input(2), 0, call.input(3), y));
    }
}
