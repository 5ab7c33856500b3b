package wurstchen.onnx.internal.graph;

import com.google.common.collect.ImmutableSet;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import wurstchen.onnx.internal.binding.GraphUse;
import wurstchen.onnx.internal.bundle.ProtobufReader;

/**
 * Finds what keeps a graph from being recorded once and replayed: operators whose kernels in ONNX Runtime's CUDA provider read lists of addresses
 * from a block of the host's memory that is free again by the time a recording reads it (microsoft/onnxruntime, pull request 32121). What
 * follows can be a wrong picture or the end of the process.
 *
 * <p>Field numbers: onnx.proto3 of ONNX 1.19.
 */
final class ListingOperators {
    private static final ImmutableSet<String> NAMES = ImmutableSet.of("Concat", "Split", "ScatterND");

    private static final int MODEL_GRAPH = 7;
    private static final int GRAPH_NODE = 1;
    private static final int GRAPH_INITIALIZER = 5;
    private static final int NODE_INPUT = 1;
    private static final int NODE_OUTPUT = 2;
    private static final int NODE_OPERATOR = 4;
    private static final int TENSOR_NAME = 8;

    /** Values that do not change from run to run: ONNX Runtime computes what follows from them alone when it loads. */
    private final Set<String> constants = new HashSet<>();

    private final List<Node> nodes = new ArrayList<>();

    private ListingOperators() {}

    private record Node(String operator, List<String> inputs, List<String> outputs) {}

    /**
     * Why a graph's runs must not be recorded, for a note; empty if they may be.
     *
     * @param model as for {@link #first}
     */
    static Optional<String> obstacle(byte[] model) {
        return first(model)
                .map(operator -> GraphUse.WHOLE.note() + ": the graph has a " + operator
                        + ", which cannot be replayed; export the bundle again with this version");
    }

    /**
     * The first such operator that would run.
     *
     * @param model an ONNX model, its nodes in the order of their work
     * @throws IllegalArgumentException if the bytes are not protobuf
     */
    static Optional<String> first(byte[] model) {
        ListingOperators scan = new ListingOperators();
        ProtobufReader in = new ProtobufReader(model);
        while (in.next()) {
            if (in.field() == MODEL_GRAPH) {
                scan.graph(in.message());
            } else {
                in.skip();
            }
        }
        return scan.find();
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

    private static Node node(ProtobufReader in) {
        Node node = new Node("", new ArrayList<>(), new ArrayList<>());
        while (in.next()) {
            switch (in.field()) {
                case NODE_INPUT -> node.inputs().add(in.text());
                case NODE_OUTPUT -> node.outputs().add(in.text());
                case NODE_OPERATOR -> node = new Node(in.text(), node.inputs(), node.outputs());
                default -> in.skip();
            }
        }
        return node;
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

    private Optional<String> find() {
        for (Node node : nodes) {
            if (constants.containsAll(node.inputs())) {
                constants.addAll(node.outputs());
            } else if (NAMES.contains(node.operator())) {
                return Optional.of(node.operator());
            }
        }
        return Optional.empty();
    }
}
