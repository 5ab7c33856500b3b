package wurstchen.onnx.internal.operators;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession.SessionOptions;
import com.sun.jna.NativeLibrary;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import wurstchen.WurstchenException;
import wurstchen.onnx.internal.common.HostSystem;

class DeviceOperatorsTest {
    private static HostSystem host(Map<String, String> properties) {
        return new HostSystem(properties::get, name -> null, Path.of("/nowhere"));
    }

    @Test
    void property_switchesThemOff() throws OrtException {
        DeviceOperators operators =
                DeviceOperators.open(NativeLibrary.getProcess(), 0, 0, host(Map.of("wurstchen.operators", "off")));

        assertThat(operators.problem()).contains("-Dwurstchen.operators=off");
        assertThat(operators.description()).isEqualTo("operators: off (-Dwurstchen.operators=off)");
        try (SessionOptions options = new SessionOptions()) {
            operators.addTo(options);
        }
        operators.close();
    }

    @Test
    void otherValuesOfTheProperty_doNot() {
        assertThat(DeviceOperators.switchedOff(host(Map.of()))).isEmpty();
        assertThat(DeviceOperators.switchedOff(host(Map.of("wurstchen.operators", "on")))).isEmpty();
    }

    /** The process has no cuInit: what a driver lacks is a reason, and no failure. */
    @Test
    void driverThatLacksAFunction_isAReason() throws OrtException {
        // Links the C API.
        assertThat(HostOperators.open().problem()).isEmpty();

        DeviceOperators operators = DeviceOperators.open(NativeLibrary.getProcess(), 0, 0, host(Map.of()));

        assertThat(operators.description()).startsWith("operators: off (java.lang.UnsatisfiedLinkError: Error looking up function '");
    }

    @Test
    void streamOfSomebodyElse_isAFailure() {
        assertThatThrownBy(() -> DeviceOperators.work(12345))
                .isInstanceOf(WurstchenException.class)
                .hasMessage("ONNX Runtime computes on a stream that this library did not give it; -Dwurstchen.operators=off does without"
                        + " operators of its own");
    }

    @Test
    void operatorsThatAreUsed_sayWhatComputes() throws OrtException {
        DeviceOperators operators = HostOperators.open();

        assertThat(operators.description()).isEqualTo("operators: the host");
        assertThat(operators.problem()).isEmpty();
        assertThat(operators.names())
                .containsExactly(
                        "Dense",
                        "DenseGelu",
                        "DenseResidual",
                        "DenseBiasResidual",
                        "MaskedAttention",
                        "DepthwiseNorm",
                        "DepthwiseNormJoin",
                        "DepthwiseNormJoinTwo",
                        "AffineNorm",
                        "MixingDepthwise",
                        "DenseGeluResponse",
                        "ScaledDenseResidual",
                        "JointAttention");
    }
}
