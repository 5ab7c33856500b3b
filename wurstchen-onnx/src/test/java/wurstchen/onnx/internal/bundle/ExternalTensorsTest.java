package wurstchen.onnx.internal.bundle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.collect.ImmutableList;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
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
}
