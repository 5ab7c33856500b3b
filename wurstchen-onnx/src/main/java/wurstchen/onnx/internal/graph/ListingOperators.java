package wurstchen.onnx.internal.graph;

import com.google.common.collect.ImmutableSet;
import java.util.Optional;
import java.util.Set;
import wurstchen.onnx.internal.binding.GraphUse;

/**
 * Operators that prevent a graph from being captured and replayed: their kernels in ONNX Runtime's CUDA provider read lists of addresses
 * from a block of host memory that has been freed when a replay reads it (microsoft/onnxruntime, pull request 32121). This can produce a
 * wrong picture or crash the process.
 */
final class ListingOperators {
    private static final ImmutableSet<String> NAMES = ImmutableSet.of("Concat", "Split", "ScatterND");

    private ListingOperators() {}

    /**
     * Returns why a graph's runs must not be captured, for a note; empty if they may be.
     *
     * @param kernels operators computed by this library's kernels instead of functions
     */
    static Optional<String> obstacle(GraphOperators graph, Set<GraphOperators.Operator> kernels) {
        return graph.firstRunning(NAMES, kernels)
                .map(operator -> GraphUse.WHOLE.note() + ": the graph has a " + operator
                        + ", which cannot be replayed; export the bundle again with this version");
    }
}
