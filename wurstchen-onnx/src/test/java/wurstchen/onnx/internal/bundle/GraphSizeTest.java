package wurstchen.onnx.internal.bundle;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.primitives.Bytes;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import wurstchen.onnx.Golden;
import wurstchen.onnx.ModelBundleException;

class GraphSizeTest {
    private static byte[] text(String field, String value) {
        return OnnxBytes.nested(field, value.getBytes(StandardCharsets.UTF_8));
    }

    private static byte[] node(String domain, String operator) {
        return Bytes.concat(text("4", operator), text("7", domain));
    }

    private static byte[] graph(byte[]... nodes) {
        return OnnxBytes.nested("7", Bytes.concat(Arrays.stream(nodes).map(node -> OnnxBytes.nested("1", node)).toArray(byte[][]::new)));
    }

    private static byte[] function(String domain, String name, byte[]... nodes) {
        byte[] body = Bytes.concat(Arrays.stream(nodes).map(node -> OnnxBytes.nested("7", node)).toArray(byte[][]::new));
        return OnnxBytes.nested("25", Bytes.concat(text("1", name), text("10", domain), body));
    }

    /** Functions that each call the one before several times. */
    private static byte[] doubling(String domain, int functions, int calls) {
        byte[] model = graph(node(domain, "f" + functions));
        for (int i = 1; i <= functions; i++) {
            byte[][] nodes = new byte[calls][];
            Arrays.fill(nodes, node(domain, "f" + (i - 1)));
            model = Bytes.concat(model, function(domain, "f" + i, nodes));
        }
        return model;
    }

    private static void refused(byte[] model, String message) {
        assertThatThrownBy(() -> GraphSize.check("g.onnx", model)).isInstanceOf(ModelBundleException.class).hasMessage("g.onnx: " + message);
    }

    @ParameterizedTest
    @ValueSource(strings = {"text_encoder_c.onnx", "stage_c_step.onnx", "stage_b_step.onnx", "stage_a_decode.onnx"})
    void graphsOfTheTinyBundle_areAccepted(String graph) {
        assertThatCode(() -> GraphSize.check(graph, Files.readAllBytes(Golden.BUNDLE.resolve(graph)))).doesNotThrowAnyException();
    }

    @ParameterizedTest
    @ValueSource(strings = {"mine", "", "ai.onnx"})
    void functionsThatDouble_areCountedWithoutBeingReplaced(String domain) {
        assertThatCode(() -> GraphSize.check("g.onnx", doubling(domain, 18, 2))).doesNotThrowAnyException();
        refused(doubling(domain, 19, 2), "has 524288 nodes once functions are replaced by theirs, at most 500000 are allowed; export the bundle"
                + " again");
        refused(doubling(domain, 31, 100), "has countless nodes once functions are replaced by theirs, at most 500000 are allowed; export the"
                + " bundle again");
    }

    @Test
    void functionsNestedTooDeep_areRefused() {
        refused(doubling("mine", 40, 1), "has functions nested deeper than 32; export the bundle again");
    }

    @Test
    void functionThatCallsItself_isRefused_alsoThroughOthersAndWhereNobodyCallsIt() {
        String message = "has a function that calls itself; export the bundle again";
        refused(function("d", "f", node("d", "f")), message);
        refused(Bytes.concat(graph(node("d", "f")), function("d", "f", node("d", "g")), function("d", "g", node("d", "f"))), message);
        refused(Bytes.concat(function("", "Add", node("ai.onnx", "Add"))), message);
    }

    @Test
    void callsInGraphsInside_areCounted() {
        byte[] branch = OnnxBytes.nested("5 6 1", node("mine", "f19"));
        byte[] model = Bytes.concat(doubling("mine", 19, 2), graph(Bytes.concat(node("", "If"), branch)));
        refused(model, "has 1048577 nodes once functions are replaced by theirs, at most 500000 are allowed; export the bundle again");
    }

    @Test
    void graphsInGraphs_haveALimit() {
        byte[] message = {};
        for (int i = 0; i < 40; i++) {
            message = OnnxBytes.nested("1 5 6", message);
        }
        refused(OnnxBytes.nested("7", message), "has graphs in graphs deeper than 32; export the bundle again");
    }

    @Test
    void nodesThatAreEmpty_areNotKeptBeyondTheLimit() {
        byte[] nodes = new byte[2 * (GraphSize.MAX_NODES + 1)];
        for (int i = 0; i < nodes.length; i += 2) {
            nodes[i] = 1 << 3 | 2;
        }
        refused(OnnxBytes.nested("7", nodes), "has more than 500000 nodes; export the bundle again");
    }

    @Test
    void bytesThatAreNoModel_areRefused() {
        refused(new byte[] {(byte) 0xff}, "is no ONNX model; export the bundle again");
    }
}
