package wurstchen.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class DeviceTest {
    @Test
    void cpu_isParsed() {
        assertThat(Device.parse("cpu")).isEqualTo(Device.cpu()).hasToString(Device.cpu().toString());
        assertThat(Device.cpu(1)).hasToString("cpu (1 thread)");
        assertThat(Device.cpu(3)).hasToString("cpu (3 threads)").isNotEqualTo(Device.cpu(2));
    }

    @Test
    void unknownDevice_isNamed() {
        assertThatThrownBy(() -> Device.parse("tpu"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("unknown device 'tpu': this build has cpu");
    }

    @Test
    void noThreads_areRefused() {
        assertThatThrownBy(() -> Device.cpu(0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("threads must be from 1 to 1024, got 0; as many as processors is usual");
    }
}
