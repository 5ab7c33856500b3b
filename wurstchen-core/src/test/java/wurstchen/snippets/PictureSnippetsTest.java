package wurstchen.snippets;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import wurstchen.Wurstchen;
import wurstchen.fixtures.FormulaStages;
import wurstchen.image.Fit;
import wurstchen.image.Picture;
import wurstchen.image.PictureReader;

/** Pictures as input. */
class PictureSnippetsTest {
    private final Wurstchen wurstchen = new FormulaStages().pipeline().build();

    @Test
    void pictures_areRead(@TempDir Path folder) {
        Path file = folder.resolve("holiday.png");
        wurstchen.generate("a").first().writePng(file);
        // @start region="read"
        Picture picture = PictureReader.create().read(file);
        Picture square = picture.resized(256, 256, Fit.CROP, 0);
        // @end
        assertThat(square.width()).isEqualTo(256);
        // @start region="reader"
        PictureReader reader = PictureReader.create().background(0x000000).maxBytes(5_000_000).maxPixels(20_000_000);
        Picture read = reader.read(file);
        // @end
        assertThat(read).isEqualTo(picture);
    }
}
