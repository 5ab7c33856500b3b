package wurstchen.onnx.internal.graph;

import java.util.Set;

/** What reads the operators of a graph, for the fuzz targets. */
public final class OperatorReaders {
    private OperatorReaders() {}

    /** Reads a graph and looks for operators, also in functions. */
    public static void read(byte[] graph) {
        GraphOperators operators = GraphOperators.of(graph);
        operators.version("wurstchen");
        operators.use("wurstchen");
        operators.firstRunning(Set.of("Shape", "If"), Set.of());
    }
}
