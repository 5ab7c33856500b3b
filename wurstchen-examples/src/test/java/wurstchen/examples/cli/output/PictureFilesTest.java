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
import java.util.stream.IntStream;
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
        assertThat(new NamedFiles(Path.of("a.png"), 1, PictureFormat.PNG).file(0)).isEqualTo(Path.of("a.png"));
    }

    @Test
    void severalPictures_areNumberedFromZero() {
        NamedFiles files = new NamedFiles(folder.resolve("my.cat.PNG"), 12, PictureFormat.PNG);

        assertThat(files.file(0)).isEqualTo(folder.resolve("my.cat-0.PNG"));
        assertThat(files.file(11)).isEqualTo(folder.resolve("my.cat-11.PNG"));
    }

    @Test
    void nameOfAnotherFormat_isRefused() {
        assertThatThrownBy(() -> PictureFormat.of(Path.of("a.gif"), true, null))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("--out: PNG and JPEG files are written: the name must end in .png or .jpg, got a.gif");
    }

    /** The names that the next pictures in this folder get, in order. */
    private List<String> nextFree(int pictures) {
        try (NextFreeFiles files = new NextFreeFiles(folder, PictureFormat.PNG)) {
            files.check();
            return IntStream.range(0, pictures).mapToObj(i -> files.write(picture()).getFileName().toString()).toList();
        }
    }

    @Test
    void nextFree_startsAtOne() {
        assertThat(nextFree(2)).containsExactly("wurstchen-0001.png", "wurstchen-0002.png");
    }

    @Test
    void nextFree_skipsNamesThatAreTaken() throws IOException {
        Files.createFile(folder.resolve("wurstchen-0001.png"));
        Files.createDirectory(folder.resolve("wurstchen-0002.png"));

        assertThat(nextFree(1)).containsExactly("wurstchen-0003.png");
        assertThat(folder.resolve("wurstchen-0001.png")).isEmptyFile();
    }

    @Test
    void nextFree_skipsWhatAnotherRunHasClaimed() {
        try (NextFreeFiles other = new NextFreeFiles(folder, PictureFormat.PNG)) {
            other.check();

            assertThat(nextFree(1)).containsExactly("wurstchen-0002.png");
            assertThat(other.write(picture())).isEqualTo(folder.resolve("wurstchen-0001.png"));
        }
        assertThat(folder.toFile().list()).hasSize(2);
    }

    @Test
    void nextFree_takesWhatAKilledRunHadClaimed() throws IOException {
        Path claimed;
        try (NextFreeFiles killed = new NextFreeFiles(folder, PictureFormat.PNG)) {
            killed.check();
            claimed = Files.copy(folder.resolve("wurstchen-0001.png"), folder.resolve("copy"));
        }
        Files.move(claimed, folder.resolve("wurstchen-0001.png"));

        assertThat(nextFree(1)).containsExactly("wurstchen-0001.png");
        assertThat(Png.read(folder.resolve("wurstchen-0001.png")).picture()).isEqualTo(picture().picture());
    }

    @Test
    void nameThatAnotherRunHasClaimed_isRefused() {
        Path file = folder.resolve("a.png");
        try (NamedFiles other = new NamedFiles(file, 1, PictureFormat.PNG)) {
            other.check();

            assertThatThrownBy(() -> new NamedFiles(file, 1, PictureFormat.PNG).check())
                    .isInstanceOf(WurstchenException.class)
                    .hasMessage("cannot write " + file + ": another run is making it; give another name");
        }
    }

    @Test
    void fileThatWasThereAtTheStart_isReplaced() throws IOException {
        Path file = Files.writeString(folder.resolve("a.png"), "old");
        try (NamedFiles files = new NamedFiles(file, 1, PictureFormat.PNG)) {
            files.check();
            assertThat(file).hasContent("old");
            files.write(picture());
        }
        assertThat(Png.read(file).picture()).isEqualTo(picture().picture());
    }

    @Test
    void fileThatAppearsMeanwhile_isNotReplaced() throws IOException {
        try (NamedFiles files = new NamedFiles(folder.resolve("a.png"), 2, PictureFormat.PNG)) {
            files.check();
            files.write(picture());
            Path file = Files.writeString(folder.resolve("a-1.png"), "mine");

            assertThatThrownBy(() -> files.write(picture()))
                    .isInstanceOf(WurstchenException.class)
                    .hasMessage("cannot write " + file + ": it was not there when this run began; give another name");
            assertThat(file).hasContent("mine");
        }
    }

    @Test
    void runWithoutPictures_leavesNothingBehind() {
        for (PictureFiles files : List.of(new NextFreeFiles(folder, PictureFormat.PNG), new NamedFiles(folder.resolve("a.png"), 1, PictureFormat.PNG))) {
            files.check();
            assertThat(folder.toFile().list()).hasSize(1);
            files.close();
            files.close();
        }
        assertThat(folder).isEmptyDirectory();
    }

    @Test
    void leftoversOfAKilledRun_areRemoved() throws IOException {
        Files.writeString(folder.resolve(".wurstchen-7-1.part"), "half");

        assertThat(nextFree(1)).containsExactly("wurstchen-0001.png");
        assertThat(folder.toFile().list()).containsExactly("wurstchen-0001.png");
    }

    @Test
    void missingFolder_isAFailure() {
        Path file = folder.resolve("missing/a.png");

        assertThatThrownBy(() -> new NamedFiles(file, 1, PictureFormat.PNG).check())
                .isInstanceOf(WurstchenException.class)
                .hasMessage("cannot write " + file + ": " + file.getParent()
                        + " is not a folder; create it, or name one that exists");
    }

    @Test
    void fileAsFolder_isAFailure() throws IOException {
        Path file = Files.createFile(folder.resolve("notes.txt")).resolve("a.png");

        assertThatThrownBy(() -> new NamedFiles(file, 1, PictureFormat.PNG).check())
                .isInstanceOf(WurstchenException.class)
                .hasMessage("cannot write " + file + ": " + file.getParent()
                        + " is not a folder; create it, or name one that exists");
    }

    @Test
    @EnabledOnOs(OS.LINUX) // /proc refuses root, too; nothing as simple does elsewhere.
    void folderThatCannotBeWritten_isAFailure() {
        Path file = Path.of("/proc/self/a.png");

        assertThatThrownBy(() -> new NamedFiles(file, 1, PictureFormat.PNG).check())
                .isInstanceOf(WurstchenException.class)
                .hasMessage("cannot write /proc/self/a.png: /proc/self is not writable; change its rights, or name another folder");
    }

    @Test
    void nameOfAFolder_isAFailure() throws IOException {
        Path file = Files.createDirectory(folder.resolve("a-1.png"));

        assertThatThrownBy(() -> new NamedFiles(folder.resolve("a.png"), 2, PictureFormat.PNG).check())
                .isInstanceOf(WurstchenException.class)
                .hasMessage("cannot write " + file + ": it is a folder; name a file, such as " + file.resolve("picture.png"));
    }

    @Test
    void failedWrite_keepsThePicturesBefore() {
        PictureFiles files = new NamedFiles(folder.resolve("a.png"), 2, PictureFormat.PNG);
        files.check();
        List<Path> written = new ArrayList<>();
        Consumer<GeneratedPicture> writer = files.writer((file, with) -> {
            written.add(file);
            assertThat(folder.resolve("a-1.png").toFile().mkdir()).isTrue();
        });
        writer.accept(picture());

        assertThatThrownBy(() -> writer.accept(picture()))
                .isInstanceOf(WurstchenException.class)
                .hasMessageStartingWith("cannot write " + folder.resolve("a-1.png") + ": ");
        files.close();
        assertThat(written).containsExactly(folder.resolve("a-0.png"));
        assertThat(folder.toFile().list()).containsExactlyInAnyOrder("a-0.png", "a-1.png");
    }

    private static GeneratedPicture picture() {
        PictureDefaults defaults = PictureDefaults.builder().size(2, 2).stageC(1, 4).stageB(1, 0).build();
        PictureSettings settings = PictureRequest.builder("a cat").seed(1).build().settings(defaults);
        Picture black = Picture.fromPixels(new Pixels(1, 2, 2, new float[12])).get(0);
        return GeneratedPicture.readPng(new ByteArrayInputStream(new Png(black, settings.toText()).toBytes()));
    }
}
