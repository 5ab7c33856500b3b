package wurstchen.onnx.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.io.ByteArrayInputStream;
import wurstchen.WurstchenException;
import wurstchen.image.Picture;
import wurstchen.image.PictureReader;

/** Pictures of all formats that requests begin with. */
class PictureFuzzTest {
    private static final int MOST_PIXELS = 1 << 20;
    private static final byte PNG = (byte) 0x89;

    @FuzzTest(maxDuration = HostileInput.DURATION)
    void anyPicture_isReadOrRefused(byte[] input) {
        byte[] file = input.length > 0 && input[0] == PNG ? PngChecksums.corrected(input) : input;
        HostileInput.read(
                () -> {
                    Picture picture = PictureReader.create().maxPixels(MOST_PIXELS).read(new ByteArrayInputStream(file));
                    assertThat((long) picture.width() * picture.height()).isBetween(1L, (long) MOST_PIXELS);
                },
                WurstchenException.class);
    }
}
