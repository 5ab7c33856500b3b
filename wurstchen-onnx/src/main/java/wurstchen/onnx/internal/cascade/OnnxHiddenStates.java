package wurstchen.onnx.internal.cascade;

import static com.google.common.base.Preconditions.checkState;
import static java.util.Objects.requireNonNull;

import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import wurstchen.onnx.internal.binding.DeviceMemory;
import wurstchen.onnx.internal.binding.ElementType;
import wurstchen.onnx.internal.binding.Tensor;
import wurstchen.onnx.internal.common.Closing;
import wurstchen.onnx.internal.graph.OnnxEngine;
import wurstchen.stage.HiddenStates;

/** Hidden states in a tensor [rows, tokens, width], and pooled embeddings in one [rows, pooled width] if the encoder gives them. */
final class OnnxHiddenStates implements HiddenStates {
    private final OnnxEngine engine;
    private final int rows;
    private final int tokens;
    private final int width;
    private final Tensor tensor;
    private final @Nullable Tensor pooled;
    private boolean closed;

    /** Takes ownership of the tensors. */
    OnnxHiddenStates(OnnxEngine engine, int rows, int tokens, int width, Tensor tensor, @Nullable Tensor pooled) {
        this.engine = engine;
        this.rows = rows;
        this.tokens = tokens;
        this.width = width;
        this.tensor = tensor;
        this.pooled = pooled;
    }

    /** Returns the pooled embeddings, which there must be. */
    Tensor pooled() {
        checkOpen();
        return requireNonNull(pooled);
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

    @Override
    public int pooledWidth() {
        return pooled == null ? 0 : (int) pooled.shape()[1];
    }

    @Override
    public float[] pooledToHost() {
        checkOpen();
        return pooled == null ? new float[0] : engine.readFloats(pooled);
    }

    /** Copies rows on the device. */
    @Override
    public HiddenStates select(int... selected) {
        checkOpen();
        Tensor copy = select(tensor, selected, selected.length, tokens, width);
        try {
            Tensor copyOfPooled = pooled == null ? null : select(pooled, selected, selected.length, pooledWidth());
            return new OnnxHiddenStates(engine, selected.length, tokens, width, copy, copyOfPooled);
        } catch (RuntimeException e) {
            copy.close();
            throw e;
        }
    }

    private Tensor select(Tensor from, int[] selected, long... shape) {
        Tensor copy = engine.tensor(ElementType.FLOAT32, shape);
        long row = copy.values() / selected.length;
        try {
            for (int i = 0; i < selected.length; i++) {
                engine.copy(from, Objects.checkIndex(selected[i], rows) * row, copy, i * row, row);
            }
            return copy;
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
        Closing.all(pooled == null ? List.of(tensor) : List.of(tensor, pooled));
    }
}
