package wurstchen.onnx.internal.cascade;

import java.util.List;
import wurstchen.onnx.internal.binding.Tensor;
import wurstchen.onnx.internal.common.Closing;
import wurstchen.onnx.internal.graph.OnnxEngine;
import wurstchen.stage.HiddenStates;
import wurstchen.stage.Latents;

/**
 * A handle of any engine as a tensor: used in place if it is a tensor of the same memory, otherwise copied through the host. Closing frees
 * the copy only.
 *
 * @param tensor the values
 * @param copy the copy to free; does nothing if there is none
 */
record TensorLoan(Tensor tensor, AutoCloseable copy) implements AutoCloseable {
    static TensorLoan of(OnnxEngine engine, Latents latents) {
        if (latents instanceof OnnxLatents ours && ours.memory() == engine.memory()) {
            return lent(ours.tensor());
        }
        return copied(engine.upload(latents.toHost(), latents.shape().toArray()));
    }

    static TensorLoan of(OnnxEngine engine, HiddenStates states) {
        if (states instanceof OnnxHiddenStates ours && ours.memory() == engine.memory()) {
            return lent(ours.tensor());
        }
        return copied(engine.upload(states.toHost(), states.rows(), states.tokens(), states.width()));
    }

    /** Lends the pooled embeddings, [rows, pooled width]. */
    static TensorLoan ofPooled(OnnxEngine engine, HiddenStates states) {
        if (states instanceof OnnxHiddenStates ours && ours.memory() == engine.memory()) {
            return lent(ours.pooled());
        }
        return copied(engine.upload(states.pooledToHost(), states.rows(), states.pooledWidth()));
    }

    private static TensorLoan lent(Tensor tensor) {
        return new TensorLoan(tensor, () -> {});
    }

    private static TensorLoan copied(Tensor tensor) {
        return new TensorLoan(tensor, tensor);
    }

    @Override
    public void close() {
        Closing.all(List.of(copy));
    }
}
