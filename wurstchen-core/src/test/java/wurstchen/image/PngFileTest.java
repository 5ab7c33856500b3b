package wurstchen.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.collect.ImmutableMap;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import wurstchen.WurstchenException;
import wurstchen.stage.Pixels;

class PngFileTest {
    private static final Picture PICTURE =
            Picture.fromPixels(new Pixels(1, 2, 1, new float[] {0, 0.1f, 0.2f, 0.3f, 0.4f, 1})).get(0);

    @TempDir
    private Path folder;

    @Test
    void write_thenRead_isTheSamePictureAndText() throws IOException {
        Path file = folder.resolve("a.png");
        ImmutableMap<String, String> text = ImmutableMap.of("prompt", "ein Würstchen: 🌭, 香腸", "seed", "-1", "negative-prompt", "");
        PngFile.write(file, PICTURE, text);
        assertThat(Picture.fromImage(ImageIO.read(file.toFile()))).isEqualTo(PICTURE);
        assertThat(PngFile.readText(file)).isEqualTo(text);
    }

    @Test
    void write_overAFile_replacesItAndLeavesNothingElse() throws IOException {
        Path file = folder.resolve("a.png");
        Files.writeString(file, "old");
        PngFile.write(file, PICTURE, ImmutableMap.of());
        assertThat(Picture.fromImage(ImageIO.read(file.toFile()))).isEqualTo(PICTURE);
        assertThat(folder).isDirectoryNotContaining(path -> !path.equals(file));
    }

    @Test
    void write_samePictureTwice_givesTheSameBytes() throws IOException {
        PngFile.write(folder.resolve("a.png"), PICTURE, ImmutableMap.of("seed", "7"));
        PngFile.write(folder.resolve("b.png"), PICTURE, ImmutableMap.of("seed", "7"));
        assertThat(folder.resolve("a.png")).hasSameBinaryContentAs(folder.resolve("b.png"));
    }

    @Test
    void write_intoAMissingFolder_throws() {
        Path file = folder.resolve("none").resolve("a.png");
        assertThatThrownBy(() -> PngFile.write(file, PICTURE, ImmutableMap.of()))
                .isInstanceOf(WurstchenException.class)
                .hasMessage("cannot write %s: %s is not a folder; create it, or name one that exists", file, file.getParent());
    }

    @Test
    void write_ontoAFolder_throws() {
        assertThatThrownBy(() -> PngFile.write(folder, PICTURE, ImmutableMap.of()))
                .isInstanceOf(WurstchenException.class)
                .hasMessage("cannot write %s: it is a folder; name a file, such as %s", folder, folder.resolve("picture.png"));
        assertThat(folder).isEmptyDirectory();
    }

    @Test
    void readText_missingFile_throws() {
        Path file = folder.resolve("none.png");
        assertThatThrownBy(() -> PngFile.readText(file))
                .isInstanceOf(WurstchenException.class)
                .hasMessageStartingWith("cannot read " + file + ": ");
    }
}
