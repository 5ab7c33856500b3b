package wurstchen.onnx.internal.graph;

import com.google.common.collect.ImmutableSet;
import java.util.Optional;
import java.util.Set;
import wurstchen.onnx.internal.binding.GraphUse;

/**
 * Operators that keep a graph from being recorded once and replayed: their kernels in ONNX Runtime's CUDA provider read lists of addresses from
 * a block of the host's memory that is free again by the time a recording reads it (microsoft/onnxruntime, pull request 32121). What follows can
 * be a wrong picture or the end of the process.
 */
final class ListingOperators {
    private static final ImmutableSet<String> NAMES = ImmutableSet.of("Concat", "Split", "ScatterND");

    private ListingOperators() {}

    /**
     * Returns why a graph's runs must not be recorded, for a note; empty if they may be.
     *
     * @param kernels operators that have kernels of this library, instead of functions
     */
    static Optional<String> obstacle(GraphOperators graph, Set<GraphOperators.Operator> kernels) {
        return graph.firstRunning(NAMES, kernels)
                .map(operator -> GraphUse.WHOLE.note() + ": the graph has a " + operator
                        + ", which cannot be replayed; export the bundle again with this version");
    }
}
