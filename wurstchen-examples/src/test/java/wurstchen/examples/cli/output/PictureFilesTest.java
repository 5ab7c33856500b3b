package wurstchen.examples.cli.output;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import wurstchen.GeneratedPicture;
import wurstchen.PictureDefaults;
import wurstchen.PictureRequest;
import wurstchen.PictureSettings;
import wurstchen.WurstchenException;
import wurstchen.image.Picture;
import wurstchen.image.Png;
import wurstchen.stage.Pixels;

final class PictureFilesTest {
    @TempDir
    private Path folder;

    @Test
    void onePicture_hasTheGivenName() {
        assertThat(new PictureFiles.Named(Path.of("a.png"), 1).file(0)).isEqualTo(Path.of("a.png"));
    }

    @Test
    void severalPictures_areNumberedFromZero() {
        PictureFiles files = new PictureFiles.Named(folder.resolve("my.cat.PNG"), 12);

        assertThat(files.file(0)).isEqualTo(folder.resolve("my.cat-0.PNG"));
        assertThat(files.file(11)).isEqualTo(folder.resolve("my.cat-11.PNG"));
    }

    @Test
    void nameWithoutPng_isRefused() {
        assertThatThrownBy(() -> new PictureFiles.Named(Path.of("a.jpg"), 1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("only PNG files are written: the name must end in .png, got a.jpg");
    }

    @Test
    void nextFree_startsAtOne() {
        assertThat(new PictureFiles.NextFree(folder).file(0)).isEqualTo(folder.resolve("wurstchen-0001.png"));
    }

    @Test
    void nextFree_skipsNamesThatAreTaken() throws IOException {
        Files.createFile(folder.resolve("wurstchen-0001.png"));
        Files.createDirectory(folder.resolve("wurstchen-0002.png"));

        assertThat(new PictureFiles.NextFree(folder).file(0)).isEqualTo(folder.resolve("wurstchen-0003.png"));
    }

    @Test
    void check_leavesNothingBehind() {
        new PictureFiles.NextFree(folder).check();
        new PictureFiles.Named(folder.resolve("a.png"), 1).check();

        assertThat(folder).isEmptyDirectory();
    }

    @Test
    void missingFolder_isAFailure() {
        Path file = folder.resolve("missing/a.png");

        assertThatThrownBy(() -> new PictureFiles.Named(file, 1).check())
                .isInstanceOf(WurstchenException.class)
                .hasMessage("cannot write " + file + ": " + file.getParent()
                        + " is not a folder; create it, or name one that exists");
    }

    @Test
    void fileAsFolder_isAFailure() throws IOException {
        Path file = Files.createFile(folder.resolve("notes.txt")).resolve("a.png");

        assertThatThrownBy(() -> new PictureFiles.Named(file, 1).check())
                .isInstanceOf(WurstchenException.class)
                .hasMessage("cannot write " + file + ": " + file.getParent()
                        + " is not a folder; create it, or name one that exists");
    }

    @Test
    @EnabledOnOs(OS.LINUX) // /proc refuses root, too; nothing as simple does elsewhere.
    void folderThatCannotBeWritten_isAFailure() {
        Path file = Path.of("/proc/self/a.png");

        assertThatThrownBy(() -> new PictureFiles.Named(file, 1).check())
                .isInstanceOf(WurstchenException.class)
                .hasMessage("cannot write /proc/self/a.png: /proc/self is not writable; change its rights, or name another folder");
    }

    @Test
    void nameOfAFolder_isAFailure() throws IOException {
        Path file = Files.createDirectory(folder.resolve("a-1.png"));

        assertThatThrownBy(() -> new PictureFiles.Named(folder.resolve("a.png"), 2).check())
                .isInstanceOf(WurstchenException.class)
                .hasMessage("cannot write " + file + ": it is a folder; give another name");
    }

    @Test
    void failedWrite_keepsThePicturesBefore() {
        PictureDefaults defaults = PictureDefaults.builder().size(2, 2).stageC(1, 4).stageB(1, 0).build();
        PictureSettings settings = PictureRequest.builder("a cat").seed(1).build().settings(defaults);
        Picture black = Picture.fromPixels(new Pixels(1, 2, 2, new float[12])).get(0);
        byte[] png = new Png(black, settings.toText()).toBytes();
        GeneratedPicture picture = GeneratedPicture.readPng(new ByteArrayInputStream(png));
        PictureFiles files = new PictureFiles.Named(folder.resolve("a.png"), 2);
        List<Path> written = new ArrayList<>();
        Consumer<GeneratedPicture> writer = files.writer((file, with) -> {
            written.add(file);
            createFolder(files.file(1));
        });
        writer.accept(picture);

        assertThatThrownBy(() -> writer.accept(picture))
                .isInstanceOf(WurstchenException.class)
                .hasMessageStartingWith("cannot write " + folder.resolve("a-1.png") + ": it is a folder");
        assertThat(written).containsExactly(folder.resolve("a-0.png"));
        assertThat(folder.toFile().list()).containsExactlyInAnyOrder("a-0.png", "a-1.png");
    }

    private static void createFolder(Path path) {
        assertThat(path.toFile().mkdir()).isTrue();
    }
}
