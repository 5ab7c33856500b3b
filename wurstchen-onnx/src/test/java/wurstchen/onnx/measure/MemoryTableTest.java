package wurstchen.onnx.measure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import wurstchen.onnx.Golden;

@EnabledOnOs(value = OS.LINUX, disabledReason = "the memory of a process is known on Linux only")
class MemoryTableTest {
    @TempDir
    private Path temporary;

    @Test
    void everyModeAndSize_isMeasured() throws IOException {
        Path file = temporary.resolve("memory.json");

        MemoryTable.main(new String[] {Golden.BUNDLE.toString(), "cpu", "128x128x1,128x256x2", file.toString()});

        JsonNode most = new ObjectMapper().readTree(file.toFile()).get("most");
        assertThat(most).hasSize(4);
        assertThat(most).allSatisfy(row -> assertThat(row.get("bytes").longValue()).isPositive());
        assertThat(most.get(1).get("mode").textValue()).isEqualTo("usual");
        assertThat(most.get(2).get("mode").textValue()).isEqualTo("low memory");
        assertThat(most.get(3).get("height").intValue()).isEqualTo(256);
        assertThat(most.get(3).get("batchSize").intValue()).isEqualTo(2);
    }

    @Test
    void wrongUsage_isRefused() {
        assertThatThrownBy(() -> MemoryTable.main(new String[0]))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("usage: MemoryTable BUNDLE DEVICE SIZES JSON");
        assertThatThrownBy(() -> MemoryTable.main(new String[] {"", "cpu", "128x128", ""}))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("a size is WIDTHxHEIGHTxPICTURES, such as 256x128x2, got '128x128'");
    }
}
