package wurstchen.onnx.internal.cascade;

import static com.google.common.base.Preconditions.checkState;

import java.util.List;
import java.util.Optional;
import wurstchen.onnx.internal.binding.ElementType;
import wurstchen.onnx.internal.binding.Tensor;
import wurstchen.onnx.internal.common.Closing;
import wurstchen.onnx.internal.graph.OnnxEngine;
import wurstchen.stage.Pixels;

/** What the graph of Stage A computed, in tensors that are read when they are asked for. */
final class OnnxPixels implements Pixels.Source {
    static final int COLOURS = 3;

    private final OnnxEngine engine;
    private final Tensor values;
    private final Tensor levels;
    private final Tensor sum;
    private boolean closed;

    /**
     * Takes ownership of the tensors.
     *
     * @param values float32 [pictures, 3, height, width]
     * @param levels uint8 [pictures, height, width, 3]
     * @param sum of all values, float32 [1]: NaN if one of the values is, and they are clamped, so none is infinite
     */
    private OnnxPixels(OnnxEngine engine, Tensor values, Tensor levels, Tensor sum) {
        this.engine = engine;
        this.values = values;
        this.levels = levels;
        this.sum = sum;
    }

    /** Returns whether the levels of pictures of a size can be read one picture at a time, as multiples of 4 bytes. */
    static boolean canRead(int height, int width) {
        return (long) COLOURS * height * width % Float.BYTES == 0;
    }

    /** Allocates tensors for a graph to write to. */
    static OnnxPixels allocate(OnnxEngine engine, int pictures, int height, int width) {
        Tensor values = engine.tensor(ElementType.FLOAT32, pictures, COLOURS, height, width);
        try {
            Tensor levels = engine.tensor(ElementType.UINT8, pictures, height, width, COLOURS);
            try {
                return new OnnxPixels(engine, values, levels, engine.tensor(ElementType.FLOAT32, 1));
            } catch (RuntimeException e) {
                levels.close();
                throw e;
            }
        } catch (RuntimeException e) {
            values.close();
            throw e;
        }
    }

    Tensor valuesTensor() {
        return values;
    }

    Tensor levelsTensor() {
        return levels;
    }

    Tensor sumTensor() {
        return sum;
    }

    @Override
    public float[] values() {
        checkOpen();
        return engine.readFloats(values);
    }

    @Override
    public byte[] levels(int picture) {
        checkOpen();
        long[] shape = levels.shape();
        int bytes = Math.toIntExact(Tensor.values(shape[1], shape[2], shape[3]));
        return engine.readBytes(levels, (long) picture * bytes, bytes);
    }

    @Override
    public Optional<Float> notFinite() {
        checkOpen();
        float found = engine.readFloats(sum)[0];
        return Float.isFinite(found) ? Optional.empty() : Optional.of(found);
    }

    private void checkOpen() {
        checkState(!closed, "these pixels are closed");
    }

    @Override
    public void close() {
        closed = true;
        Closing.all(List.of(values, levels, sum));
    }
}
