package wurstchen.onnx.internal.operators;

import ai.onnxruntime.OrtException;
import wurstchen.WurstchenException;
import wurstchen.onnx.internal.operators.callback.OperatorCall;
import wurstchen.onnx.internal.operators.gpu.GpuWork;
import wurstchen.onnx.internal.operators.gpu.Launch;

/**
 * MergeSquares: input cells[R,H,W,4C], the four tokens of each square of 2 x 2; output y[R,2H-2,2W-2,C], the map of these tokens without its
 * outermost rows and columns.
 */
record MergeSquaresKernel() implements GpuKernel {
    /** The kernels of src/main/cuda/merge_squares.cu. */
    static final String KERNEL = "merge_squares";

    private static final int SQUARE = 4;

    /** Values of 16 bytes. */
    private static final int WIDTH = 8;

    private static final int THREADS = 256;

    @Override
    public void queue(OperatorCall call, GpuWork gpu) throws OrtException {
        MapShape cells = MapShape.of("cells", call.shape(0));
        if (cells.height() < 1 || cells.width() < 1 || cells.channels() % SQUARE != 0) {
            throw new WurstchenException("cells must have a square or more of four tokens, got " + Shapes.words(call.shape(0))
                    + "; export the bundle again");
        }
        int channels = cells.channels() / SQUARE;
        long height = 2L * cells.height() - 2;
        long width = 2L * cells.width() - 2;
        long y = call.output(0, cells.maps(), height, width, channels);
        if (cells.maps() * height * width * channels == 0) {
            return;
        }
        Rows.check(cells);
        long from = call.input(0);
        boolean fast = Alignment.ofLengths(channels) && Alignment.ofAddresses(from, y);
        int length = Shapes.toInt("the length of a row", width * channels) / (fast ? WIDTH : 1);
        gpu.launch(Launch.of(
                Alignment.choose(KERNEL, fast),
                (int) Shapes.ceilDiv(length, THREADS),
                (int) Math.min(Launch.MAX_GRID_YZ, height),
                cells.maps(),
                THREADS,
                from,
                y,
                cells.height(),
                cells.width(),
                channels));
    }
}
