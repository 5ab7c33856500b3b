package wurstchen.stage;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;
import com.google.common.hash.Hasher;
import com.google.common.hash.Hashing;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import wurstchen.internal.StateRows;

/**
 * The hidden states of a prompt and its negative prompt, of both stages' text encoders, as a value: a request can end with them, and others
 * can begin with them in place of texts. Immutable, so it can be cached and shared by threads.
 *
 * {@snippet class="wurstchen.snippets.EncodedSnippetsTest" region="encoded"}
 *
 * <p>diffusers: prompt_embeds and negative_prompt_embeds, for Stage C; its combined pipeline gives Stage B the states of the empty prompt then.
 */
public final class EncodedPrompt {
    /** The prompt, then the negative prompt. */
    private static final int ROWS = 2;

    private final HiddenStates stageC;
    private final HiddenStates stageB;
    private final String modelSha256;

    private EncodedPrompt(HiddenStates stageC, HiddenStates stageB, String modelSha256) {
        this.stageC = stageC;
        this.stageB = stageB;
        this.modelSha256 = modelSha256;
    }

    /**
     * Creates an encoded prompt from hidden states.
     *
     * @param stageC float32 [2, tokens, width] of Stage C's text encoder, finite: the prompt, then the negative prompt; copied, not closed
     * @param stageB the same of Stage B's
     * @return such an encoded prompt, of no known model
     * @throws IllegalArgumentException if there are not two rows, or a value is not finite
     */
    public static EncodedPrompt of(HiddenStates stageC, HiddenStates stageB) {
        return of(stageC, stageB, "");
    }

    /**
     * Creates an encoded prompt of a model.
     *
     * @param stageC as for {@link #of(HiddenStates, HiddenStates)}
     * @param stageB as for {@link #of(HiddenStates, HiddenStates)}
     * @param modelSha256 identifies the model: requests to another one are refused; empty for no known model
     * @return such an encoded prompt
     * @throws IllegalArgumentException if there are not two rows, or a value is not finite
     */
    public static EncodedPrompt of(HiddenStates stageC, HiddenStates stageB, String modelSha256) {
        return new EncodedPrompt(copy("C", stageC), copy("B", stageB), modelSha256);
    }

    private static HiddenStates copy(String stage, HiddenStates states) {
        checkArgument(
                states.rows() == ROWS,
                "the hidden states of Stage %s must have 2 rows, the prompt and the negative prompt, got %s",
                stage,
                states.rows());
        StateRows rows = StateRows.of(states);
        for (float value : rows.values()) {
            checkArgument(Float.isFinite(value), "the hidden states of Stage %s must be finite, got %s", stage, value);
        }
        return rows.toStates();
    }

    /**
     * Returns a weighted mean of encoded prompts: every hidden state is the sum of the prompts' own, each times its weight divided by the sum
     * of all weights. Negative prompts are mixed in the same way. A prompt of weight 0 does not count; if only one counts, the result is that
     * one bit for bit. A negative weight leads away from a prompt.
     *
     * {@snippet class="wurstchen.snippets.EncodedSnippetsTest" region="mix"}
     *
     * <p>Source of the definition: {@code .blend()} of the Python library compel, which divides by the sum as well.
     *
     * @param prompts one or more, of one model
     * @param weights one for each, finite, with a sum above 0
     * @return the mean
     * @throws IllegalArgumentException if the numbers of prompts and weights differ, the weights are out of range, or the prompts are not of one
     *     shape and model
     */
    public static EncodedPrompt mix(List<EncodedPrompt> prompts, float... weights) {
        checkArgument(
                !prompts.isEmpty() && prompts.size() == weights.length,
                "a mix needs one weight for each prompt, got %s prompts and %s weights",
                prompts.size(),
                weights.length);
        double sum = 0;
        for (float weight : weights) {
            checkArgument(Float.isFinite(weight), "the weights of a mix must be finite, got %s", weight);
            sum += weight;
        }
        checkArgument(sum > 0, "the weights of a mix must have a sum above 0, got %s", sum);
        EncodedPrompt first = prompts.get(0);
        String model = "";
        for (EncodedPrompt prompt : prompts) {
            model = commonModel(model, prompt.modelSha256);
            checkArgument(
                    shape(prompt.stageC).equals(shape(first.stageC)) && shape(prompt.stageB).equals(shape(first.stageB)),
                    "the prompts of a mix must have hidden states of one shape, got %s and %s",
                    first,
                    prompt);
        }
        List<HiddenStates> stageC = prompts.stream().map(prompt -> prompt.stageC).toList();
        List<HiddenStates> stageB = prompts.stream().map(prompt -> prompt.stageB).toList();
        return new EncodedPrompt(mix(stageC, weights, sum), mix(stageB, weights, sum), model);
    }

    private static HiddenStates mix(List<HiddenStates> states, float[] weights, double sum) {
        StateRows first = StateRows.of(states.get(0));
        double[] mixed = new double[first.values().length];
        Arrays.fill(mixed, -0.0); // The neutral element: 0.0 would take the sign of a negative zero away.
        for (int i = 0; i < weights.length; i++) {
            if (weights[i] != 0) {
                float[] values = StateRows.of(states.get(i)).values();
                for (int k = 0; k < mixed.length; k++) {
                    mixed[k] += weights[i] / sum * values[k];
                }
            }
        }
        float[] rounded = new float[mixed.length];
        for (int k = 0; k < rounded.length; k++) {
            rounded[k] = (float) mixed[k];
        }
        return first.with(rounded).toStates();
    }

    /**
     * Returns this prompt with another one's negative prompt.
     *
     * @param other of the same model
     * @return a copy
     * @throws IllegalArgumentException if the two are not of one shape and model
     */
    public EncodedPrompt withNegativeOf(EncodedPrompt other) {
        checkArgument(
                shape(stageC).equals(shape(other.stageC)) && shape(stageB).equals(shape(other.stageB)),
                "a negative prompt must have hidden states of the prompt's shape, got %s and %s",
                this,
                other);
        return new EncodedPrompt(
                join(stageC, other.stageC), join(stageB, other.stageB), commonModel(modelSha256, other.modelSha256));
    }

    private static HiddenStates join(HiddenStates prompt, HiddenStates negative) {
        StateRows rows = StateRows.of(prompt);
        System.arraycopy(StateRows.of(negative).values(), rows.row(), rows.values(), rows.row(), rows.row());
        return rows.toStates();
    }

    private static String commonModel(String one, String other) {
        checkArgument(
                one.isEmpty() || other.isEmpty() || one.equals(other),
                "hidden states of two models, of SHA-256 %s and %s, do not go together; encode both prompts with one model",
                one,
                other);
        return one.isEmpty() ? other : one;
    }

    /**
     * Returns the hidden states for Stage C.
     *
     * @return [2, tokens, width], the prompt and the negative prompt, in a Java array; need not be closed
     */
    public HiddenStates stageC() {
        return stageC;
    }

    /**
     * Returns the hidden states for Stage B.
     *
     * @return [2, tokens, width], the prompt and the negative prompt, in a Java array; need not be closed
     */
    public HiddenStates stageB() {
        return stageB;
    }

    /**
     * Returns which model encoded the prompt.
     *
     * @return the SHA-256 of its manifest; empty if it is not known
     */
    public String modelSha256() {
        return modelSha256;
    }

    /**
     * Returns the SHA-256 of the shapes and values, Stage C's then Stage B's, as little-endian 32-bit numbers: what a picture's settings name
     * the encoded prompt by.
     *
     * @return 64 lower-case hexadecimal digits
     */
    public String sha256() {
        Hasher hasher = Hashing.sha256().newHasher();
        for (HiddenStates states : List.of(stageC, stageB)) {
            shape(states).forEach(hasher::putInt);
            float[] values = StateRows.of(states).values();
            ByteBuffer bytes = ByteBuffer.allocate(values.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
            bytes.asFloatBuffer().put(values);
            hasher.putBytes(bytes);
        }
        return hasher.hash().toString();
    }

    private static ImmutableList<Integer> shape(HiddenStates states) {
        return states.pooledWidth() == 0
                ? ImmutableList.of(states.rows(), states.tokens(), states.width())
                : ImmutableList.of(states.rows(), states.tokens(), states.width(), states.pooledWidth());
    }

    /** Two are equal if their values are, bit for bit, and their models. */
    @Override
    public boolean equals(Object other) {
        return other instanceof EncodedPrompt that && modelSha256.equals(that.modelSha256) && sha256().equals(that.sha256());
    }

    @Override
    public int hashCode() {
        return sha256().hashCode();
    }

    @Override
    public String toString() {
        return "EncodedPrompt[Stage C " + shape(stageC) + ", Stage B " + shape(stageB) + "]";
    }
}
