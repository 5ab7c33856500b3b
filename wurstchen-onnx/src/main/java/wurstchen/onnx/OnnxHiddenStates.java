package wurstchen.onnx;

import static com.google.common.base.Preconditions.checkState;

import ai.onnxruntime.OnnxTensor;
import java.nio.FloatBuffer;
import wurstchen.stage.HiddenStates;

/** Hidden states in a tensor [rows, tokens, width]. */
final class OnnxHiddenStates implements HiddenStates {
    private final int rows;
    private final int tokens;
    private final int width;
    private final HostTensor<FloatBuffer> tensor;
    private boolean closed;

    /** Takes over the tensor. */
    OnnxHiddenStates(int rows, int tokens, int width, HostTensor<FloatBuffer> tensor) {
        this.rows = rows;
        this.tokens = tokens;
        this.width = width;
        this.tensor = tensor;
    }

    OnnxTensor tensor() {
        checkOpen();
        return tensor.tensor();
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
        return HostTensor.toArray(tensor);
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
