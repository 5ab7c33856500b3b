package wurstchen.onnx.internal.cascade;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class OnnxDenoisingRunTest {
    @ParameterizedTest
    @ValueSource(longs = {Long.MIN_VALUE, -2, 64, Long.MAX_VALUE})
    void rowThatNoTableHas_isNotMadeAStep(long row) {
        assertThat(OnnxDenoisingRun.notFinite("Stage C", 64, row, 64, 131))
                .hasMessage("Stage C: the graph names row " + row + " of a table of 64 as the first with latents that are not finite; export"
                        + " the bundle again");
    }
}
