package wurstchen.onnx.internal.common;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HostSystemTest {
    @TempDir
    private Path root;

    private void cpuinfo(String text) throws IOException {
        Files.createDirectories(root.resolve("proc"));
        Files.writeString(root.resolve("proc/cpuinfo"), text);
    }

    private HostSystem host() {
        return new FakeHost(root).host();
    }

    @Test
    void processorFeatures_areModelAndInstructionsOfTheFirstProcessor() throws IOException {
        cpuinfo("""
                processor\t: 0
                vendor_id\t: GenuineIntel
                model name\t: A
                cpu MHz\t\t: 2100.5
                flags\t\t: fpu avx2

                processor\t: 1
                flags\t\t: fpu
                """);

        assertThat(host().processorFeatures()).contains("vendor_id\t: GenuineIntel\nmodel name\t: A\nflags\t\t: fpu avx2");
    }

    @Test
    void processorFeatures_areKnownOnArm() throws IOException {
        cpuinfo("processor\t: 0\nBogoMIPS\t: 50.00\nFeatures\t: fp asimd\nCPU part\t: 0xd0c\n");

        assertThat(host().processorFeatures()).contains("Features\t: fp asimd\nCPU part\t: 0xd0c");
    }

    @Test
    void processorFeatures_areEmptyWithoutCpuinfo() throws IOException {
        assertThat(host().processorFeatures()).isEmpty();

        cpuinfo("nothing: known\n");

        assertThat(host().processorFeatures()).isEmpty();
    }
}
