package wurstchen.onnx.internal.operators;

import ai.onnxruntime.OrtException;
import wurstchen.onnx.internal.operators.callback.OperatorCall;
import wurstchen.onnx.internal.operators.gpu.GpuWork;
import wurstchen.onnx.internal.operators.gpu.Launch;

/**
 * AffineNorm: inputs x[R,H,W,C], scale[1,S], offset[1,S]; outputs y = x (1 + scale[slice]) + offset[slice] and normed, the norm of y over C.
 *
 * @param slice the columns of scale and offset
 * @param epsilon of the norm
 */
record AffineNormKernel(Slice slice, float epsilon) implements GpuKernel {
    @Override
    public void queue(OperatorCall call, GpuWork gpu) throws OrtException {
        MapShape maps = MapShape.of("x", call.shape(0));
        int channels = maps.channels();
        slice.check(call, channels);
        long y = call.output(0, maps.withChannels(channels));
        long normed = call.output(1, maps.withChannels(channels));
        if (maps.empty()) {
            return;
        }
        long tokens = maps.allTokens();
        long x = call.input(0);
        long scale = slice.address(call, 1);
        long offset = slice.address(call, 2);
        NormGrid grid = NormGrid.of("affine_norm", tokens, channels, x, scale, offset, y, normed);
        gpu.launch(Launch.of(
                grid.kernel(), grid.blocks(), 1, 1, grid.threads(), x, scale, offset, y, normed, tokens, channels, epsilon));
    }
}
