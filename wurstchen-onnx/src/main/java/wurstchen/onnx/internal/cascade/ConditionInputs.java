package wurstchen.onnx.internal.cascade;

import com.google.common.collect.ImmutableMap;
import com.google.common.primitives.Ints;
import java.util.ArrayList;
import java.util.List;
import wurstchen.onnx.TensorSpec;
import wurstchen.onnx.internal.binding.Tensor;
import wurstchen.onnx.internal.common.Closing;
import wurstchen.onnx.internal.graph.BoundSession;
import wurstchen.stage.HiddenStates;
import wurstchen.stage.ImageEmbeddings;
import wurstchen.stage.Latents;

/** The tensors that a condition graph is given: those of them that its family has. Close it to free copies. */
final class ConditionInputs implements AutoCloseable {
    static final String STATES = "hidden_states";
    static final String POOLED = "pooled";
    static final String IMAGES = "image_embeddings";
    static final String STAGE_C_LATENTS = "stage_c_latents";

    private final BoundSession condition;
    private final ImmutableMap.Builder<String, Tensor> tensors = ImmutableMap.builder();
    private final List<AutoCloseable> toClose = new ArrayList<>();

    ConditionInputs(BoundSession condition) {
        this.condition = condition;
    }

    static boolean has(BoundSession condition, String input) {
        return condition.spec().inputs().stream().anyMatch(tensor -> tensor.name().equals(input));
    }

    /** Adds hidden states, pooled embeddings or both. */
    ConditionInputs text(HiddenStates text) {
        if (has(condition, STATES)) {
            lend(STATES, TensorLoan.of(condition.engine(), text));
        }
        if (has(condition, POOLED)) {
            lend(POOLED, TensorLoan.ofPooled(condition.engine(), text));
        }
        return this;
    }

    ConditionInputs stageCLatents(Latents latents) {
        lend(STAGE_C_LATENTS, TensorLoan.of(condition.engine(), latents));
        return this;
    }

    /**
     * Adds the embeddings of image prompts, the same for each picture, and zeros for negative rows; one of zeros if there are none, because it
     * makes constant tokens that the network was trained with.
     */
    ConditionInputs images(ImageEmbeddings images, int pictures, int rows) {
        if (has(condition, IMAGES)) {
            TensorSpec expected = condition.input(IMAGES);
            int count = Math.max(1, images.count());
            float[] all = new float[rows * count * Ints.checkedCast(expected.length(2))];
            float[] own = images.toArray();
            for (int picture = 0; picture < pictures && own.length > 0; picture++) {
                System.arraycopy(own, 0, all, picture * own.length, own.length);
            }
            Tensor tensor = condition.engine().upload(all, rows, count, expected.length(2));
            lend(IMAGES, new TensorLoan(tensor, tensor));
        }
        return this;
    }

    private void lend(String name, TensorLoan loan) {
        toClose.add(loan);
        tensors.put(name, loan.tensor());
    }

    Conditioning conditioning() {
        return new Conditioning(condition, tensors.buildOrThrow());
    }

    @Override
    public void close() {
        Closing.all(toClose);
    }
}
