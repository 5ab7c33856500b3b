package wurstchen.onnx.internal.bundle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.util.Arrays;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import wurstchen.onnx.Golden;
import wurstchen.onnx.ModelBundleException;

class ExternalDataTest {
    @Test
    void graphOfTheTinyBundle_namesItsData() throws Exception {
        byte[] model = Files.readAllBytes(Golden.BUNDLE.resolve("stage_b_step.onnx"));

        assertThat(ExternalData.locations("g", model)).containsOnly("stage_b_step.onnx.data");
        assertThat(ExternalData.count("g", model)).isEqualTo(ExternalTensors.of("g", model).size());
        ExternalData.check("g", model, Set.of("stage_b_step.onnx.data"));
    }

    /** Field numbers from the model down to the tensor. */
    @ParameterizedTest
    @CsvSource({
        "initializer, 7 5",
        "sparse initializer, 7 15 1",
        "constant of a node, 7 1 5 5",
        "constants of a node, 7 1 5 10",
        "sparse constant of a node, 7 1 5 22 2",
        "subgraph, 7 1 5 6 5",
        "subgraphs, 7 1 5 11 1 5 6 5",
        "function, 25 7 5 5",
        "default of a function, 25 11 5",
        "training, 20 2 5"
    })
    void dataOutsideTheModel_isFoundWhereverATensorIs(String place, String path) {
        byte[] model = OnnxBytes.nested(path, OnnxBytes.externalData(Map.of("location", "x")));

        assertThatThrownBy(() -> ExternalData.check("graphs/g.onnx", model, Set.of("x")))
                .isInstanceOf(ModelBundleException.class)
                .hasMessage("graphs/g.onnx: keeps weights in 'x', a file that model.json does not list; export the bundle again");
        ExternalData.check("graphs/g.onnx", model, Set.of("graphs/x"));
    }

    @Test
    void truncatedModel_isRefused() throws Exception {
        byte[] model = Files.readAllBytes(Golden.BUNDLE.resolve("stage_b_step.onnx"));

        assertThatThrownBy(() -> ExternalData.locations("g.onnx", Arrays.copyOf(model, model.length - 1)))
                .isInstanceOf(ModelBundleException.class)
                .hasMessage("g.onnx: is no ONNX model; export the bundle again");
    }

    @Test
    void graphsNestedTooDeep_areRefused() {
        byte[] message = {};
        for (int i = 0; i < 200; i++) {
            message = OnnxBytes.nested("1 5 6", message);
        }
        byte[] model = OnnxBytes.nested("7", message);

        assertThatThrownBy(() -> ExternalData.locations("g.onnx", model))
                .isInstanceOf(ModelBundleException.class)
                .hasMessage("g.onnx: is no ONNX model; export the bundle again");
    }
}
