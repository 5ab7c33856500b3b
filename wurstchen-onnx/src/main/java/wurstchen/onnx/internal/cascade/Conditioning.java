package wurstchen.onnx.internal.cascade;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.primitives.ImmutableLongArray;
import java.util.Map;
import wurstchen.onnx.internal.binding.Tensor;
import wurstchen.onnx.internal.graph.BoundSession;

/**
 * What a run computes once, before its first step.
 *
 * @param graph gives the step graph's inputs that do not change with the steps
 * @param given the graph's inputs but for the initial latents
 */
record Conditioning(BoundSession graph, ImmutableMap<String, Tensor> given) {
    private static final String INITIAL_LATENTS = "latents";

    /** The graph's inputs. */
    Map<String, Tensor> inputs(Tensor initialLatents) {
        boolean takesLatents = graph.spec().inputs().stream().anyMatch(input -> input.name().equals(INITIAL_LATENTS));
        return takesLatents
                ? ImmutableMap.<String, Tensor>builder()
                        .putAll(given)
                        .put(INITIAL_LATENTS, initialLatents)
                        .buildOrThrow()
                : given;
    }

    /** The shapes of what is given, on which those of the outputs depend. */
    ImmutableList<ImmutableLongArray> shapes() {
        return given.values().stream()
                .map(tensor -> ImmutableLongArray.copyOf(tensor.shape()))
                .collect(ImmutableList.toImmutableList());
    }
}
