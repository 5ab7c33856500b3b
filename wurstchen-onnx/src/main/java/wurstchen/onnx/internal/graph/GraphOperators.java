package wurstchen.onnx.internal.graph;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import wurstchen.onnx.internal.bundle.ProtobufReader;

/**
 * The operators of a model, including those of functions that its nodes call. Graphs in attributes, such as the branches of an If, are
 * ignored.
 *
 * <p>Field numbers: onnx.proto3 of ONNX 1.19.
 */
final class GraphOperators {
    /** The name of an omitted input, which is as constant as a constant. */
    static final String LEFT_OUT = "";

    private static final int MODEL_GRAPH = 7;
    private static final int MODEL_OPSET = 8;
    private static final int MODEL_FUNCTION = 25;
    private static final int OPSET_DOMAIN = 1;
    private static final int OPSET_VERSION = 2;
    private static final int GRAPH_NODE = 1;
    private static final int GRAPH_INITIALIZER = 5;
    private static final int FUNCTION_NAME = 1;
    private static final int FUNCTION_INPUT = 4;
    private static final int FUNCTION_OUTPUT = 5;
    private static final int FUNCTION_NODE = 7;
    private static final int FUNCTION_DOMAIN = 10;
    private static final int NODE_INPUT = 1;
    private static final int NODE_OUTPUT = 2;
    private static final int NODE_OPERATOR = 4;
    private static final int NODE_DOMAIN = 7;
    private static final int TENSOR_NAME = 8;

    private final List<Node> nodes = new ArrayList<>();
    private final Map<Operator, Function> functions = new HashMap<>();
    private final Map<String, Long> versions = new HashMap<>();

    /** Values that are the same in every run: ONNX Runtime computes everything that depends only on them when it loads the graph. */
    private final Set<String> constants = new HashSet<>();

    private GraphOperators() {}

    /** An operator: its domain, empty for ONNX's own, and its name. */
    record Operator(String domain, String name) {}

    /** A node with the names of its values. */
    record Node(Operator operator, List<String> inputs, List<String> outputs) {}

    /** A function: its nodes, and the names of its inputs and outputs. */
    record Function(List<String> inputs, List<String> outputs, List<Node> nodes) {}

    /**
     * Reads a model.
     *
     * @param model an ONNX model, its nodes in topological order
     * @throws IllegalArgumentException if the bytes are not protobuf
     */
    static GraphOperators of(byte[] model) {
        GraphOperators operators = new GraphOperators();
        operators.constants.add(LEFT_OUT);
        operators.model(new ProtobufReader(model));
        return operators;
    }

    private void model(ProtobufReader in) {
        while (in.next()) {
            switch (in.field()) {
                case MODEL_GRAPH -> graph(in.message());
                case MODEL_OPSET -> opset(in.message());
                case MODEL_FUNCTION -> function(in.message());
                default -> in.skip();
            }
        }
    }

    private void graph(ProtobufReader in) {
        while (in.next()) {
            switch (in.field()) {
                case GRAPH_NODE -> nodes.add(node(in.message()));
                case GRAPH_INITIALIZER -> constants.add(tensorName(in.message()));
                default -> in.skip();
            }
        }
    }

    private void opset(ProtobufReader in) {
        String domain = "";
        long version = 0;
        while (in.next()) {
            switch (in.field()) {
                case OPSET_DOMAIN -> domain = in.text();
                case OPSET_VERSION -> version = in.number();
                default -> in.skip();
            }
        }
        versions.put(domain, version);
    }

    private void function(ProtobufReader in) {
        String domain = "";
        String name = "";
        Function function = new Function(new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
        while (in.next()) {
            switch (in.field()) {
                case FUNCTION_NAME -> name = in.text();
                case FUNCTION_DOMAIN -> domain = in.text();
                case FUNCTION_INPUT -> function.inputs().add(in.text());
                case FUNCTION_OUTPUT -> function.outputs().add(in.text());
                case FUNCTION_NODE -> function.nodes().add(node(in.message()));
                default -> in.skip();
            }
        }
        functions.put(new Operator(domain, name), function);
    }

    private static Node node(ProtobufReader in) {
        String domain = "";
        String name = "";
        List<String> inputs = new ArrayList<>();
        List<String> outputs = new ArrayList<>();
        while (in.next()) {
            switch (in.field()) {
                case NODE_INPUT -> inputs.add(in.text());
                case NODE_OUTPUT -> outputs.add(in.text());
                case NODE_OPERATOR -> name = in.text();
                case NODE_DOMAIN -> domain = in.text();
                default -> in.skip();
            }
        }
        return new Node(new Operator(domain, name), inputs, outputs);
    }

    private static String tensorName(ProtobufReader in) {
        String name = "";
        while (in.next()) {
            if (in.field() == TENSOR_NAME) {
                name = in.text();
            } else {
                in.skip();
            }
        }
        return name;
    }

    /** Returns the version of a domain that the model requires; empty if it requires none. */
    OptionalLong version(String domain) {
        Long version = versions.get(domain);
        return version == null ? OptionalLong.empty() : OptionalLong.of(version);
    }

    /** Returns whether the graph has a node of an operator of a domain. */
    boolean use(String domain) {
        return nodes.stream().anyMatch(node -> node.operator().domain().equals(domain));
    }

    /**
     * Returns the first of the given operators that runs, also inside functions.
     *
     * @param names of operators of any domain
     * @param kernels operators that have kernels, so that their functions do not run
     * @throws IllegalArgumentException if a function calls itself, or functions are nested too deeply
     */
    Optional<String> firstRunning(Set<String> names, Set<Operator> kernels) {
        return new OperatorSearch(functions, names, kernels).in(nodes, new HashSet<>(constants));
    }
}
