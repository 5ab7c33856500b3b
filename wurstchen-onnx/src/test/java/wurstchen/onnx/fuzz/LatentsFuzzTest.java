package wurstchen.onnx.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.DictionaryEntries;
import com.code_intelligence.jazzer.junit.FuzzTest;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import wurstchen.WurstchenException;
import wurstchen.stage.StageCLatents;

/** Files of Stage C latents (safetensors). */
class LatentsFuzzTest {
    private static final Path FILE = file();

    private static Path file() {
        try {
            Path file = Files.createTempFile("latents", ".safetensors");
            file.toFile().deleteOnExit();
            return file;
        } catch (IOException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    @DictionaryEntries({"__metadata__", "stage_c_latents", "dtype", "F32", "shape", "data_offsets", "steps_left", "9223372036854775807"})
    @FuzzTest(maxDuration = HostileInput.DURATION)
    void anyFile_isReadOrRefused(byte[] input) {
        write(input);
        HostileInput.read(
                () -> {
                    StageCLatents latents = StageCLatents.read(FILE);
                    write(latents.toBytes());
                    assertThat(StageCLatents.read(FILE)).isEqualTo(latents);
                },
                WurstchenException.class);
    }

    private static void write(byte[] content) {
        try {
            Files.write(FILE, content);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
