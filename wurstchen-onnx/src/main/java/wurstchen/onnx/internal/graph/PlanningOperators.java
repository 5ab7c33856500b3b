package wurstchen.onnx.internal.graph;

import com.google.common.collect.ImmutableSet;
import java.util.Set;
import wurstchen.onnx.internal.binding.Recordings;

/** Operators that keep cuDNN's plan of one shape in ONNX Runtime's CUDA provider: those derived from its class Conv. */
final class PlanningOperators {
    private static final ImmutableSet<String> NAMES = ImmutableSet.of("Conv", "ConvTranspose", "FusedConv", "NhwcConv");

    private PlanningOperators() {}

    /**
     * Returns how long recordings of a graph may be replayed.
     *
     * @param kernels operators computed by this library's kernels instead of functions
     */
    static Recordings.Validity validity(GraphOperators graph, Set<GraphOperators.Operator> kernels) {
        return graph.firstRunning(NAMES, kernels).isPresent()
                ? Recordings.Validity.UNTIL_OTHER_SHAPES
                : Recordings.Validity.ALWAYS;
    }
}
