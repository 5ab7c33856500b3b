package wurstchen.onnx.internal.cascade;

import static com.google.common.base.Preconditions.checkState;

import java.util.Objects;
import wurstchen.onnx.internal.binding.DeviceMemory;
import wurstchen.onnx.internal.binding.ElementType;
import wurstchen.onnx.internal.binding.Tensor;
import wurstchen.onnx.internal.graph.OnnxEngine;
import wurstchen.stage.HiddenStates;

/** Hidden states in a tensor [rows, tokens, width]. */
final class OnnxHiddenStates implements HiddenStates {
    private final OnnxEngine engine;
    private final int rows;
    private final int tokens;
    private final int width;
    private final Tensor tensor;
    private boolean closed;

    /** Takes ownership of the tensor. */
    OnnxHiddenStates(OnnxEngine engine, int rows, int tokens, int width, Tensor tensor) {
        this.engine = engine;
        this.rows = rows;
        this.tokens = tokens;
        this.width = width;
        this.tensor = tensor;
    }

    Tensor tensor() {
        checkOpen();
        return tensor;
    }

    DeviceMemory memory() {
        return engine.memory();
    }

    @Override
    public int rows() {
        return rows;
    }

    @Override
    public int tokens() {
        return tokens;
    }

    @Override
    public int width() {
        return width;
    }

    @Override
    public float[] toHost() {
        checkOpen();
        return engine.readFloats(tensor);
    }

    /** Copies rows on the device. */
    @Override
    public HiddenStates select(int... selected) {
        checkOpen();
        long row = (long) tokens * width;
        Tensor copy = engine.tensor(ElementType.FLOAT32, selected.length, tokens, width);
        try {
            for (int i = 0; i < selected.length; i++) {
                engine.copy(tensor, Objects.checkIndex(selected[i], rows) * row, copy, i * row, row);
            }
            return new OnnxHiddenStates(engine, selected.length, tokens, width, copy);
        } catch (RuntimeException e) {
            copy.close();
            throw e;
        }
    }

    private void checkOpen() {
        checkState(!closed, "these hidden states are closed");
    }

    @Override
    public void close() {
        closed = true;
        tensor.close();
    }
}
