package wurstchen.onnx.internal.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import wurstchen.onnx.internal.common.FakeHost;
import wurstchen.onnx.internal.cuda.CudaDriver;
import wurstchen.onnx.internal.cuda.Gpu;

class HardwareTest {
    private static final CudaDriver DRIVER = () -> new CudaDriver.State(
            Optional.empty(),
            Optional.of("580.65.06"),
            13000,
            ImmutableList.of(new Gpu("NVIDIA H200", 150_111_978_496L, Optional.of(5L), "9.0")));

    @TempDir
    private Path root;

    @Test
    void cpu_isNamedAsLinuxDoes() throws IOException {
        Files.createDirectories(root.resolve("proc"));
        Files.writeString(root.resolve("proc/cpuinfo"), "processor\t: 0\nmodel name\t: AMD EPYC 9655\nmodel name\t: AMD EPYC 9655\n");

        assertThat(Hardware.of(OptionalInt.empty(), new FakeHost(root).host(), DRIVER)).isEqualTo("AMD EPYC 9655");
    }

    @Test
    void unnamedCpu_isItsArchitecture() {
        assertThat(Hardware.of(OptionalInt.empty(), new FakeHost(root).host(), DRIVER)).isEqualTo("amd64");
    }

    @Test
    void gpu_isNamedWithItsDriver() {
        assertThat(Hardware.of(OptionalInt.of(0), new FakeHost(root).host(), DRIVER))
                .isEqualTo("NVIDIA H200, 139.8 GiB, compute capability 9.0, driver 580.65.06, which runs CUDA up to 13.0");
        assertThat(Hardware.of(OptionalInt.of(1), new FakeHost(root).host(), DRIVER)).isEqualTo("no such GPU");
    }
}
