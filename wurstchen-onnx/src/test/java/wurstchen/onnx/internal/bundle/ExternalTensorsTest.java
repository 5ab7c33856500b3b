package wurstchen.onnx.internal.bundle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.collect.ImmutableList;
import com.google.common.io.BaseEncoding;
import com.google.common.primitives.Bytes;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import wurstchen.onnx.Golden;
import wurstchen.onnx.ModelBundleException;
import wurstchen.onnx.internal.common.ExternalTensor;

class ExternalTensorsTest {
    private static final Path GRAPH = Golden.BUNDLE.resolve("stage_c_step.onnx");
    private static final int FLOAT32 = 1;

    @Test
    void tensorsOfTheTinyBundle_fillTheirFile() throws Exception {
        ImmutableList<ExternalTensor> tensors = ExternalTensors.of("g", Files.readAllBytes(GRAPH));
        long size = Files.size(Golden.BUNDLE.resolve("stage_c_step.onnx.data"));

        assertThat(tensors).isNotEmpty().allSatisfy(tensor -> {
            assertThat(tensor.location()).isEqualTo("stage_c_step.onnx.data");
            assertThat(tensor.elementType()).isEqualTo(FLOAT32);
            assertThat(tensor.bytes()).isEqualTo(4 * tensor.shape().stream().reduce(1, (a, b) -> a * b));
        });
        assertThat(tensors.stream().map(ExternalTensor::name)).doesNotHaveDuplicates();
        assertThat(tensors.stream().mapToLong(tensor -> tensor.offset() + tensor.bytes()).max()).hasValue(size);
    }

    @Test
    void truncatedModel_isRefused() throws Exception {
        byte[] model = Files.readAllBytes(GRAPH);

        assertThatThrownBy(() -> ExternalTensors.of("g.onnx", Arrays.copyOf(model, model.length - 1)))
                .isInstanceOf(ModelBundleException.class)
                .hasMessage("g.onnx: is no ONNX model; export the bundle again");
    }

    /** Numbers that overflow when they are multiplied or added, or are none. Fields of the tensor: 1 shape, 2 type. */
    @ParameterizedTest
    @CsvSource({
        "0a 09 80 80 80 80 80 80 80 80 40",
        "08 80 80 80 80 80 80 80 80 40 08 10",
        "08 ff ff ff ff ff ff ff ff ff 01"
    })
    void shapesThatNoMemoryHolds_areRefused(String bytes) {
        refused(withPlace(bytes), "the weight  has a shape that no memory holds; export the bundle again");
    }

    @ParameterizedTest
    @CsvSource({
        "axes without end, 0a 22 01 01 01 01 01 01 01 01 01 01 01 01 01 01 01 01 01 01 01 01 01 01 01 01 01 01 01 01 01 01 01 01 01 01",
        "type, 10 80 80 80 80 10"
    })
    void numbersWithoutEnd_areNoModel(String what, String bytes) {
        refused(withPlace(bytes), "is no ONNX model; export the bundle again");
    }

    private static byte[] withPlace(String fields) {
        return Bytes.concat(
                BaseEncoding.base16().lowerCase().decode(fields.replace(" ", "")),
                OnnxBytes.externalData(Map.of("location", "x", "length", "4")));
    }

    @ParameterizedTest
    @CsvSource({"-1", "9223372036854775807"})
    void placesInNoFile_areRefused(String offset) {
        refused(
                OnnxBytes.externalData(Map.of("location", "x", "offset", offset, "length", "4")),
                "the weight  has 4 bytes from " + offset + " on, which is no place in a file; export the bundle again");
    }

    @ParameterizedTest
    @CsvSource({"0, 9223372036854775808", "0, many", "1e3, 4"})
    void hostilePlaces_areNoModel(String offset, String length) {
        refused(OnnxBytes.externalData(Map.of("location", "x", "offset", offset, "length", length)), "is no ONNX model; export the bundle again");
    }

    private static void refused(byte[] tensor, String message) {
        assertThatThrownBy(() -> ExternalTensors.of("g.onnx", OnnxBytes.nested("7 5", tensor)))
                .isInstanceOf(ModelBundleException.class)
                .hasMessage("g.onnx: " + message);
    }
}
