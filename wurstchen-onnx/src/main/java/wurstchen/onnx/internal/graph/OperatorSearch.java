package wurstchen.onnx.internal.graph;

import static java.util.Objects.requireNonNull;

import com.google.common.collect.ImmutableList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import wurstchen.onnx.internal.graph.GraphOperators.Function;
import wurstchen.onnx.internal.graph.GraphOperators.Node;
import wurstchen.onnx.internal.graph.GraphOperators.Operator;

/** Searches nodes, and the functions that they call, for operators that run. Use once. */
final class OperatorSearch {
    private static final int MOST_NESTED = 100;

    private final Map<Operator, Function> functions;
    private final Set<String> names;
    private final Set<Operator> kernels;

    /** The constant outputs of a function, for each way in which it is called. */
    private final Map<Call, ImmutableList<Integer>> constantOutputs = new HashMap<>();

    private final Set<Operator> entered = new HashSet<>();

    /** A function, and the indexes of its constant inputs. */
    private record Call(Operator function, ImmutableList<Integer> constantInputs) {}

    /**
     * Prepares a search.
     *
     * @param names of the operators to find, of any domain
     * @param kernels operators whose functions do not run
     */
    OperatorSearch(Map<Operator, Function> functions, Set<String> names, Set<Operator> kernels) {
        this.functions = functions;
        this.names = names;
        this.kernels = kernels;
    }

    /**
     * Returns the first operator found.
     *
     * @param nodes in topological order
     * @param constants values that are the same in every run; this adds those that depend only on them
     * @throws IllegalArgumentException if a function calls itself, or functions are nested too deeply
     */
    Optional<String> in(List<Node> nodes, Set<String> constants) {
        for (Node node : nodes) {
            Operator operator = node.operator();
            if (constants.containsAll(node.inputs())) {
                constants.addAll(node.outputs());
            } else if (functions.containsKey(operator) && !kernels.contains(operator)) {
                Optional<String> found = inFunction(node, constants);
                if (found.isPresent()) {
                    return found;
                }
            } else if (names.contains(operator.name())) {
                return Optional.of(operator.name());
            }
        }
        return Optional.empty();
    }

    private Optional<String> inFunction(Node node, Set<String> constants) {
        Call call = new Call(node.operator(), indexes(node.inputs(), constants));
        if (!constantOutputs.containsKey(call)) {
            if (!entered.add(node.operator()) || entered.size() > MOST_NESTED) {
                throw new IllegalArgumentException("the function " + node.operator().name() + " calls itself, or is nested too deep");
            }
            Function function = requireNonNull(functions.get(node.operator()));
            Set<String> inner = constantsIn(function, call, node.inputs().size());
            Optional<String> found = in(function.nodes(), inner);
            if (found.isPresent()) {
                return found;
            }
            entered.remove(node.operator());
            constantOutputs.put(call, indexes(function.outputs(), inner));
        }
        requireNonNull(constantOutputs.get(call)).stream().filter(i -> i < node.outputs().size()).forEach(i -> constants.add(node.outputs().get(i)));
        return Optional.empty();
    }

    /** Returns the constant inputs, and those that the node omits. */
    private static Set<String> constantsIn(Function function, Call call, int given) {
        Set<String> constants = new HashSet<>(Set.of(GraphOperators.LEFT_OUT));
        for (int i = 0; i < function.inputs().size(); i++) {
            if (i >= given || call.constantInputs().contains(i)) {
                constants.add(function.inputs().get(i));
            }
        }
        return constants;
    }

    private static ImmutableList<Integer> indexes(List<String> values, Set<String> among) {
        ImmutableList.Builder<Integer> indexes = ImmutableList.builder();
        for (int i = 0; i < values.size(); i++) {
            if (among.contains(values.get(i))) {
                indexes.add(i);
            }
        }
        return indexes.build();
    }
}
