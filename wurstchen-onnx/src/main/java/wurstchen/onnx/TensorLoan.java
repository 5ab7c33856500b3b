package wurstchen.onnx;

import ai.onnxruntime.OnnxTensor;
import java.nio.FloatBuffer;
import java.util.List;
import wurstchen.stage.HiddenStates;
import wurstchen.stage.Latents;

/**
 * A handle of any engine as a tensor: ours as it is, others copied through the host. Closing frees the copy, never what was lent.
 *
 * @param tensor the values
 * @param copy what to free
 */
record TensorLoan(OnnxTensor tensor, AutoCloseable copy) implements AutoCloseable {
    static TensorLoan of(Latents latents) {
        if (latents instanceof OnnxLatents ours) {
            return lent(ours.tensor());
        }
        return copied(HostTensor.ofFloats(latents.toHost(), latents.shape().toArray()));
    }

    static TensorLoan of(HiddenStates states) {
        if (states instanceof OnnxHiddenStates ours) {
            return lent(ours.tensor());
        }
        return copied(HostTensor.ofFloats(states.toHost(), states.rows(), states.tokens(), states.width()));
    }

    private static TensorLoan lent(OnnxTensor tensor) {
        return new TensorLoan(tensor, () -> {});
    }

    private static TensorLoan copied(HostTensor<FloatBuffer> tensor) {
        return new TensorLoan(tensor.tensor(), tensor);
    }

    @Override
    public void close() {
        Closing.all(List.of(copy));
    }
}
