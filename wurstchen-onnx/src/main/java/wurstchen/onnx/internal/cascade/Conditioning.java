package wurstchen.onnx.internal.cascade;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.primitives.ImmutableLongArray;
import java.util.Map;
import wurstchen.onnx.internal.binding.Tensor;
import wurstchen.onnx.internal.graph.BoundSession;

/**
 * Inputs of a run that are computed once, before its first step.
 *
 * @param graph computes the step graph's inputs that are the same for all steps
 * @param given the graph's inputs except the initial latents
 */
record Conditioning(BoundSession graph, ImmutableMap<String, Tensor> given) {
    private static final String INITIAL_LATENTS = "latents";

    /** Returns the graph's inputs. */
    Map<String, Tensor> inputs(Tensor initialLatents) {
        boolean takesLatents = graph.spec().inputs().stream().anyMatch(input -> input.name().equals(INITIAL_LATENTS));
        return takesLatents
                ? ImmutableMap.<String, Tensor>builder()
                        .putAll(given)
                        .put(INITIAL_LATENTS, initialLatents)
                        .buildOrThrow()
                : given;
    }

    /** Returns the shapes of the given inputs, on which the shapes of the outputs depend. */
    ImmutableList<ImmutableLongArray> shapes() {
        return given.values().stream()
                .map(tensor -> ImmutableLongArray.copyOf(tensor.shape()))
                .collect(ImmutableList.toImmutableList());
    }
}
