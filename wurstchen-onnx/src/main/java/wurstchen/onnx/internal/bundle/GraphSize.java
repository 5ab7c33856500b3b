package wurstchen.onnx.internal.bundle;

import com.google.common.math.LongMath;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import wurstchen.onnx.ModelBundleException;

/**
 * Limits the size of a graph before ONNX Runtime sees it: ONNX Runtime replaces each call of a model-local function by the function's nodes,
 * and 40 functions that each call the one before twice become a billion nodes.
 *
 * <p>Field numbers: onnx.proto3 of ONNX 1.19.
 */
final class GraphSize {
    /** Nodes with all functions replaced; those of the published models have less than 20,000. */
    static final int MAX_NODES = 500_000;

    static final int MAX_FUNCTIONS = 10_000;

    /** Functions that call each other. */
    static final int MAX_NESTED = 32;

    /** Graphs in attributes of nodes, as of If and Loop. */
    static final int MAX_GRAPHS_INSIDE = 32;

    private static final int MODEL_GRAPH = 7;
    private static final int MODEL_FUNCTION = 25;
    private static final int FUNCTION_NAME = 1;
    private static final int FUNCTION_NODE = 7;
    private static final int FUNCTION_DOMAIN = 10;
    private static final int GRAPH_NODE = 1;
    private static final int NODE_OPERATOR = 4;
    private static final int NODE_ATTRIBUTE = 5;
    private static final int NODE_DOMAIN = 7;
    private static final int ATTRIBUTE_GRAPH = 6;
    private static final int ATTRIBUTE_GRAPHS = 11;
    private static final String STANDARD_DOMAIN = "ai.onnx";

    /** Nodes of the main graph, and calls in it. */
    private final Body graph = new Body();

    /** By domain and name; variants of a function count as one that has the nodes of all. */
    private final Map<String, Body> functions = new HashMap<>();

    private final Map<String, Long> sizes = new HashMap<>();
    private final Set<String> entered = new HashSet<>();
    private int functionCount;
    private int nodeCount;

    /** Nodes of a graph or function with the graphs inside, each the name of an operator that may be a function. */
    private static final class Body {
        private final List<String> operators = new ArrayList<>();
    }

    /** A graph beyond a limit. */
    private static final class TooLargeException extends RuntimeException {
        private static final long serialVersionUID = 1L;

        private TooLargeException(String message) {
            super(message);
        }
    }

    private GraphSize() {}

    /**
     * Checks the size of a graph.
     *
     * @param file the graph's name, for messages
     * @throws ModelBundleException if it is too large, a function calls itself, or the bytes are not an ONNX model
     */
    static void check(String file, byte[] model) {
        GraphSize size = new GraphSize();
        try {
            size.model(new ProtobufReader(model));
            size.check();
        } catch (TooLargeException e) {
            throw new ModelBundleException(file + ": " + e.getMessage() + "; export the bundle again", e);
        } catch (IllegalArgumentException | IndexOutOfBoundsException e) {
            throw new ModelBundleException(file + ": is no ONNX model; export the bundle again", e);
        }
    }

    private void check() {
        // Functions that nobody calls are checked too: ONNX Runtime looks at them.
        functions.keySet().forEach(this::sizeOf);
        long nodes = size(graph);
        if (nodes > MAX_NODES) {
            throw new TooLargeException("has " + (nodes == Long.MAX_VALUE ? "countless" : nodes)
                    + " nodes once functions are replaced by theirs, at most " + MAX_NODES + " are allowed");
        }
    }

    private long size(Body body) {
        return body.operators.stream().mapToLong(this::sizeOf).reduce(0, LongMath::saturatedAdd);
    }

    private long sizeOf(String operator) {
        Body function = functions.get(operator);
        if (function == null) {
            return 1;
        }
        Long known = sizes.get(operator);
        if (known != null) {
            return known;
        }
        if (!entered.add(operator)) {
            throw new TooLargeException("has a function that calls itself");
        }
        if (entered.size() > MAX_NESTED) {
            throw new TooLargeException("has functions nested deeper than " + MAX_NESTED);
        }
        long size = size(function);
        entered.remove(operator);
        sizes.put(operator, size);
        return size;
    }

    private void model(ProtobufReader in) {
        while (in.next()) {
            switch (in.field()) {
                case MODEL_GRAPH -> graph(in.message(), graph, 0);
                case MODEL_FUNCTION -> function(in.message());
                default -> in.skip();
            }
        }
    }

    private void function(ProtobufReader in) {
        String domain = "";
        String name = "";
        Body body = new Body();
        while (in.next()) {
            switch (in.field()) {
                case FUNCTION_NAME -> name = in.text();
                case FUNCTION_DOMAIN -> domain = in.text();
                case FUNCTION_NODE -> node(in.message(), body, 0);
                default -> in.skip();
            }
        }
        if (++functionCount > MAX_FUNCTIONS) {
            throw new TooLargeException("has more than " + MAX_FUNCTIONS + " functions");
        }
        functions.computeIfAbsent(key(domain, name), key -> new Body()).operators.addAll(body.operators);
    }

    private void graph(ProtobufReader in, Body body, int depth) {
        if (depth > MAX_GRAPHS_INSIDE) {
            throw new TooLargeException("has graphs in graphs deeper than " + MAX_GRAPHS_INSIDE);
        }
        while (in.next()) {
            if (in.field() == GRAPH_NODE) {
                node(in.message(), body, depth);
            } else {
                in.skip();
            }
        }
    }

    private void node(ProtobufReader in, Body body, int depth) {
        String domain = "";
        String name = "";
        while (in.next()) {
            switch (in.field()) {
                case NODE_OPERATOR -> name = in.text();
                case NODE_DOMAIN -> domain = in.text();
                case NODE_ATTRIBUTE -> attribute(in.message(), body, depth);
                default -> in.skip();
            }
        }
        if (++nodeCount > MAX_NODES) {
            throw new TooLargeException("has more than " + MAX_NODES + " nodes");
        }
        body.operators.add(key(domain, name));
    }

    private void attribute(ProtobufReader in, Body body, int depth) {
        while (in.next()) {
            if (in.field() == ATTRIBUTE_GRAPH || in.field() == ATTRIBUTE_GRAPHS) {
                graph(in.message(), body, depth + 1);
            } else {
                in.skip();
            }
        }
    }

    private static String key(String domain, String name) {
        return (domain.equals(STANDARD_DOMAIN) ? "" : domain) + "\n" + name;
    }
}
