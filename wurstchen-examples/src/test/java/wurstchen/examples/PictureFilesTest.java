package wurstchen.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import wurstchen.WurstchenException;

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
}
