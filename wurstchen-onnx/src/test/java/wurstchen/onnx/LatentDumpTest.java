package wurstchen.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LatentDumpTest {
    @TempDir
    Path temporary;

    @Test
    void latentsOfBothStages_areWrittenAsFloats() throws IOException {
        LatentDump.write(Golden.BUNDLE, Device.cpu(), 128, temporary.resolve("new"));

        assertThat(Files.size(temporary.resolve("new/stage_c.f32"))).isEqualTo(4L * 16 * 3 * 3);
        assertThat(Files.size(temporary.resolve("new/stage_b.f32"))).isEqualTo(4L * 4 * 32 * 32);
    }

    @Test
    void wrongUsage_isRefused() {
        assertThatThrownBy(() -> LatentDump.main(new String[0]))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("usage: LatentDump BUNDLE DEVICE FOLDER");
    }
}
