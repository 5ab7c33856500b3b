package wurstchen.onnx.internal.graph;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.onnxruntime.OrtException;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import wurstchen.WurstchenException;
import wurstchen.onnx.internal.binding.CpuProvider;
import wurstchen.onnx.internal.binding.RemotePlace;
import wurstchen.onnx.internal.operators.DeviceOperators;
import wurstchen.onnx.internal.operators.HostOperators;
import wurstchen.onnx.internal.operators.NodeModel;
import wurstchen.onnx.internal.operators.OperatorCase;
import wurstchen.onnx.internal.operators.OperatorResult;

/** When graphs use this library's operators, with the host in the GPU's place. */
class GraphKernelsTest {
    private static final OperatorCase GELU = named("DenseGelu");

    private static OperatorCase named(String operator) {
        return OperatorCase.all().stream().filter(one -> one.signature().name().equals(operator)).findFirst().orElseThrow();
    }

    private static OnnxEngine engine(DeviceOperators operators) {
        return OnnxEngine.open(new CpuProvider(1)
                .withMemory("with " + operators.description(), () -> RemotePlace.openMemory(Optional.of(operators))));
    }

    /** The two GELUs differ, in the tenth of a per mille: whether the operator computed shows in the bits. */
    private static List<OperatorResult> function() {
        OnnxEngine engine = OnnxEngine.open(new CpuProvider(1).withMemory("without operators", RemotePlace::openMemory));
        try (OpenNode node = new OpenNode(engine, GELU, GELU.model(NodeModel.Halves.INSIDE))) {
            assertThat(engine.notes()).isEmpty();
            return node.results();
        } finally {
            engine.release();
        }
    }

    private static void assertComputes(DeviceOperators operators, NodeModel model, boolean byOperator, String... notes) throws OrtException {
        OnnxEngine engine = engine(operators);
        try (OpenNode node = new OpenNode(engine, GELU, model)) {
            node.results().get(0).assertNear(GELU.expected().get(0));
            boolean asTheFunction = Arrays.equals(
                    node.results().get(0).values(), function().get(0).values());
            assertThat(asTheFunction).isEqualTo(!byOperator);
            assertThat(engine.notes()).containsExactly(notes);
        } finally {
            engine.release();
        }
    }

    @Test
    void graphWithTheDomain_usesTheOperators_andNothingIsNoted() throws OrtException {
        assertComputes(HostOperators.open(), GELU.model(NodeModel.Halves.INSIDE), true);
    }

    @Test
    void operatorsThatAreOff_leaveTheFunctions_andAreNoted() throws OrtException {
        assertComputes(
                DeviceOperators.off("-Dwurstchen.operators=off"),
                GELU.model(NodeModel.Halves.INSIDE),
                false,
                "operators: off (-Dwurstchen.operators=off)");
    }

    @Test
    void otherVersionOfTheDomain_leavesTheFunctions_andIsNoted() throws OrtException {
        assertComputes(
                HostOperators.open(),
                GELU.model(NodeModel.Halves.INSIDE).version(2),
                false,
                "node: operators: off (the graph has version 2 of the domain wurstchen, the kernels are for version 1)");
    }

    /** The operator takes float16 alone. */
    @Test
    void graphThatDoesNotOpenWithTheOperators_isOpenedWithout_andThatIsNoted() throws OrtException {
        OnnxEngine engine = engine(HostOperators.open());
        try (OpenNode node = new OpenNode(engine, GELU, GELU.model(NodeModel.Halves.ROUNDED))) {
            node.results().get(0).assertNear(GELU.expected().get(0));
            assertThat(engine.notes()).hasSize(1);
            assertThat(engine.notes().get(0))
                    .startsWith("node: operators: off (ONNX Runtime does not open the graph with them: Error code - ")
                    .endsWith(")");
        } finally {
            engine.release();
        }
    }

    @Test
    void graphThatDoesNotOpenAtAll_isAFailure() throws OrtException {
        OnnxEngine engine = engine(HostOperators.open());
        NodeModel withoutFunction = new NodeModel(DeviceOperators.DOMAIN, GELU.signature()).halves(NodeModel.Halves.ROUNDED);
        try {
            assertThatThrownBy(() -> new OpenNode(engine, GELU, withoutFunction))
                    .isInstanceOf(WurstchenException.class)
                    .hasMessageStartingWith("node.onnx: ONNX Runtime cannot open it: ")
                    .hasMessageEndingWith("; export the bundle again");
        } finally {
            engine.release();
        }
    }

    @Test
    void otherGraph_isNotAsked_soThatNothingIsNoted() throws OrtException {
        byte[] other = new NodeModel("", GELU.signature()).bytes();
        OnnxEngine engine = engine(DeviceOperators.off("a reason"));
        try {
            assertThat(GraphKernels.of(GraphOperators.of(other), engine, null)).isEqualTo(GraphKernels.NONE);
            assertThat(engine.notes()).isEmpty();
        } finally {
            engine.release();
        }
    }
}
