package wurstchen.onnx.internal.graph;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static wurstchen.onnx.internal.operators.OnnxBytes.message;
import static wurstchen.onnx.internal.operators.OnnxBytes.number;
import static wurstchen.onnx.internal.operators.OnnxBytes.text;

import com.google.common.primitives.Bytes;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import wurstchen.onnx.internal.binding.Recordings;
import wurstchen.onnx.internal.graph.GraphOperators.Operator;

class GraphOperatorsTest {
    private static final Set<String> SPLIT = Set.of("Split");
    private static final Operator JOIN = new Operator("ours", "Join");

    private static byte[] names(int field, String... names) {
        return Bytes.concat(List.of(names).stream().map(name -> text(field, name)).toArray(byte[][]::new));
    }

    /** {@code "ours:Join a b -> c d"}; - is an input that is left out. */
    private static byte[] node(String words) {
        String[] sides = words.split(" -> ");
        String[] left = sides[0].split(" ");
        String[] operator = left[0].split(":");
        byte[] node = Bytes.concat(text(4, operator[operator.length - 1]), text(7, operator.length == 1 ? "" : operator[0]));
        for (int i = 1; i < left.length; i++) {
            node = Bytes.concat(node, text(1, left[i].equals("-") ? "" : left[i]));
        }
        return Bytes.concat(node, names(2, sides[1].split(" ")));
    }

    private static byte[] graph(String... nodes) {
        return message(7, nodes(1, nodes), message(5, text(8, "weight")));
    }

    private static byte[] nodes(int field, String... nodes) {
        return Bytes.concat(List.of(nodes).stream().map(node -> message(field, node(node))).toArray(byte[][]::new));
    }

    private static byte[] function(String name, String inputs, String outputs, String... nodes) {
        return message(
                25, text(1, name), text(10, "ours"), names(4, inputs.split(" ")), names(5, outputs.split(" ")), nodes(7, nodes));
    }

    private static GraphOperators model(byte[]... parts) {
        return GraphOperators.of(Bytes.concat(parts));
    }

    @Test
    void operatorOfTheGraph_isFound_unlessItWorksOnConstantsAlone() {
        assertThat(model(graph("Split x -> a b")).firstRunning(SPLIT, Set.of())).contains("Split");
        assertThat(model(graph("Constant -> c", "Add c weight -> d", "Split d - -> a b", "Add a x -> y")).firstRunning(SPLIT, Set.of()))
                .isEmpty();
        assertThat(model(graph("Add x weight -> d", "Split d -> a b")).firstRunning(SPLIT, Set.of())).contains("Split");
    }

    @Test
    void operatorOfAFunction_isFound_unlessTheFunctionHasAKernel() {
        GraphOperators model =
                model(graph("Relu x -> r", "ours:Join r weight -> y"), function("Join", "a b", "c", "Add a b -> d", "Split d -> c e"));

        assertThat(model.firstRunning(SPLIT, Set.of())).contains("Split");
        assertThat(model.firstRunning(SPLIT, Set.of(JOIN))).isEmpty();
        assertThat(model.firstRunning(SPLIT, Set.of(new Operator("other", "Join")))).contains("Split");
    }

    @Test
    void functionThatStandsBeforeTheGraph_isReadAsWell() {
        assertThat(model(function("Join", "a b", "c", "Split a -> c e"), graph("ours:Join x weight -> y"))
                        .firstRunning(SPLIT, Set.of()))
                .contains("Split");
    }

    @Test
    void functionOfConstants_isAConstant() {
        byte[] function = function("Join", "a b", "c", "Split b -> c e");

        assertThat(model(graph("ours:Join weight weight -> y", "Split y -> z"), function).firstRunning(SPLIT, Set.of())).isEmpty();
        // Its first input changes, but what is split does not.
        assertThat(model(graph("ours:Join x weight -> y", "Split y -> z"), function).firstRunning(SPLIT, Set.of())).isEmpty();
        assertThat(model(graph("ours:Join weight x -> y"), function).firstRunning(SPLIT, Set.of())).contains("Split");
        // The second call differs from the first in what changes.
        assertThat(model(graph("ours:Join x weight -> y", "ours:Join y x -> z"), function).firstRunning(SPLIT, Set.of()))
                .contains("Split");
        assertThat(model(graph("ours:Join x -> y"), function).firstRunning(SPLIT, Set.of())).isEmpty();
    }

    @Test
    void functionInAFunction_isSearchedToo() {
        GraphOperators model = model(
                graph("ours:Outer x -> y"),
                function("Outer", "a", "b", "ours:Join a a -> c", "ours:Join c c -> b"),
                function("Join", "a b", "c", "Add a b -> d", "Split d -> c e"));

        assertThat(model.firstRunning(SPLIT, Set.of())).contains("Split");
        assertThat(model.firstRunning(SPLIT, Set.of(JOIN))).isEmpty();
    }

    /** Each function calls the next one twice: without a memory, 2 to the power of 60 calls. */
    @Test
    void functionsThatCallOthersOften_areSearchedOnce() {
        byte[] model = graph("ours:F0 x -> y");
        for (int i = 0; i < 60; i++) {
            String next = "ours:F" + (i + 1);
            model = Bytes.concat(model, function("F" + i, "a", "c", next + " a -> b", next + " b -> c"));
        }
        model = Bytes.concat(model, function("F60", "a", "b", "Relu a -> b"));

        assertThat(model(model).firstRunning(SPLIT, Set.of())).isEmpty();
    }

    @Test
    void functionThatCallsItself_isRefused() {
        GraphOperators model = model(
                graph("ours:A x -> y"), function("A", "a", "b", "ours:B a -> b"), function("B", "a", "b", "ours:A a -> b"));

        assertThatThrownBy(() -> model.firstRunning(SPLIT, Set.of()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("the function A calls itself, or is nested too deep");
    }

    @Test
    void version_isThatOfTheImport() {
        byte[] imports = Bytes.concat(message(8, number(2, 20)), message(8, text(1, "ours"), number(2, 3)));
        GraphOperators model = model(graph("ours:Join x x -> y"), imports);

        assertThat(model.version("ours")).hasValue(3);
        assertThat(model.version("")).hasValue(20);
        assertThat(model.version("other")).isEmpty();
        assertThat(model.use("ours")).isTrue();
        assertThat(model.use("other")).isFalse();
    }

    @Test
    void recordings_endWithOtherShapes_whereAConvolutionRuns() {
        GraphOperators model =
                model(graph("ours:Join x weight -> y"), function("Join", "a b", "c", "Conv a b -> c"));

        assertThat(PlanningOperators.validity(model, Set.of())).isEqualTo(Recordings.Validity.UNTIL_OTHER_SHAPES);
        assertThat(PlanningOperators.validity(model, Set.of(JOIN))).isEqualTo(Recordings.Validity.ALWAYS);
        assertThat(PlanningOperators.validity(model(graph("ConvTranspose x weight -> y")), Set.of(JOIN)))
                .isEqualTo(Recordings.Validity.UNTIL_OTHER_SHAPES);
    }
}
