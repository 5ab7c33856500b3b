package wurstchen.onnx.measure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import wurstchen.onnx.Golden;

class SizesInTurnTest {
    @Test
    void everySizeIsMeasured_andTheStart(@TempDir Path folder) throws IOException {
        Path file = folder.resolve("starts.json");

        SizesInTurn.main(new String[] {Golden.BUNDLE.toString(), "cpu", "128x128x1,128x256x2", file.toString()});

        JsonNode found = new ObjectMapper().readTree(file.toFile());
        assertThat(found.get("startToFirstPictureSeconds").doubleValue())
                .isGreaterThan(found.get("startToOpenSeconds").doubleValue());
        assertThat(found.get("sizes")).hasSize(2);
        JsonNode second = found.get("sizes").get(1);
        assertThat(second.get("height").intValue()).isEqualTo(256);
        assertThat(second.get("seconds")).hasSize(4);
        assertThat(second.get("firstSeconds").doubleValue()).isEqualTo(second.get("seconds").get(0).doubleValue());
    }

    @Test
    void wrongArguments_areRefused() {
        assertThatThrownBy(() -> SizesInTurn.main(new String[0]))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("usage: SizesInTurn BUNDLE DEVICE SIZES JSON");
        assertThatThrownBy(() -> SizesInTurn.main(new String[] {"", "cpu", "128x128x1", ""}))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("SizesInTurn needs two sizes or more, got 128x128x1");
    }
}
