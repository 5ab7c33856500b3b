package wurstchen.onnx.internal.bundle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.primitives.Bytes;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.Arrays;
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

        assertThat(ExternalData.locations("g", model)).containsExactly("stage_b_step.onnx.data");
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
        byte[] key = field(1, "location".getBytes(StandardCharsets.UTF_8));
        byte[] value = field(2, "x".getBytes(StandardCharsets.UTF_8));
        byte[] message = field(13, Bytes.concat(key, value));
        String[] fields = path.split(" ");
        for (int i = fields.length - 1; i >= 0; i--) {
            message = field(Integer.parseInt(fields[i]), message);
        }
        byte[] model = message;

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
            message = field(1, field(5, field(6, message)));
        }
        byte[] model = field(7, message);

        assertThatThrownBy(() -> ExternalData.locations("g.onnx", model))
                .isInstanceOf(ModelBundleException.class)
                .hasMessage("g.onnx: is no ONNX model; export the bundle again");
    }

    private static byte[] field(int number, byte[] content) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        varint(out, number << 3 | 2);
        varint(out, content.length);
        out.writeBytes(content);
        return out.toByteArray();
    }

    private static void varint(ByteArrayOutputStream out, int value) {
        int rest = value;
        while (rest > 0x7f) {
            out.write(rest & 0x7f | 0x80);
            rest >>>= 7;
        }
        out.write(rest);
    }
}
