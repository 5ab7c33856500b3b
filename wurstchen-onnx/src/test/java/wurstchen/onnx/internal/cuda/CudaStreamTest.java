package wurstchen.onnx.internal.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import wurstchen.onnx.internal.common.FakeHost;
import wurstchen.onnx.internal.common.HostSystem;

class CudaStreamTest {
    @Test
    void withoutADriver_thereIsNone() {
        HostSystem withoutDriver = new FakeHost(Path.of("/")).property("os.name", "Windows 11").host();

        assertThat(CudaStream.open(0, withoutDriver)).isEmpty();
    }
}
