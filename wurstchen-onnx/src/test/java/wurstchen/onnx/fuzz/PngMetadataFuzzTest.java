package wurstchen.onnx.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.DictionaryEntries;
import com.code_intelligence.jazzer.junit.FuzzTest;
import java.io.ByteArrayInputStream;
import wurstchen.GeneratedPicture;
import wurstchen.WurstchenException;
import wurstchen.image.Png;

/** PNG files with settings, their checksums made right so that what comes after them is reached. */
class PngMetadataFuzzTest {
    @DictionaryEntries({"IHDR", "IDAT", "IEND", "PLTE", "tRNS", "iTXt", "tEXt", "zTXt", "iCCP", "gAMA", "pHYs", "eXIf"})
    @FuzzTest(maxDuration = HostileInput.DURATION)
    void anyPng_isReadOrRefused(byte[] input) {
        byte[] png = PngChecksums.corrected(input);
        HostileInput.read(() -> Png.read(new ByteArrayInputStream(png)), WurstchenException.class);
        HostileInput.read(
                () -> {
                    GeneratedPicture picture = GeneratedPicture.readPng(new ByteArrayInputStream(png));
                    assertThat(GeneratedPicture.readPng(new ByteArrayInputStream(picture.toPng())).metadata())
                            .isEqualTo(picture.metadata());
                },
                WurstchenException.class);
    }
}
