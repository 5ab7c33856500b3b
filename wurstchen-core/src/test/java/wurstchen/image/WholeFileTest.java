package wurstchen.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import wurstchen.WurstchenException;

class WholeFileTest {
    private static final byte[] CONTENT = {1, 2, 3};

    @TempDir
    private Path folder;

    @Test
    void nameAsLongAsTheFileSystemAllows_isWritten() {
        Path file = folder.resolve("a".repeat(251) + ".png");

        WholeFile.check(file);
        WholeFile.write(file, CONTENT);

        assertThat(file).hasBinaryContent(CONTENT);
        assertThat(folder.toFile().list()).hasSize(1);
    }

    @Test
    @EnabledOnOs({OS.LINUX, OS.MAC})
    void nameThatIsTooLong_isRefused() {
        Path file = folder.resolve("a".repeat(252) + ".png");

        assertThatThrownBy(() -> WholeFile.check(file))
                .isInstanceOf(WurstchenException.class)
                .hasMessage("cannot write %s: the file name is too long; give a shorter one", file);
        assertThat(folder).isEmptyDirectory();
    }

    @Test
    @EnabledOnOs({OS.LINUX, OS.MAC})
    void link_isFollowedAndStays() throws IOException {
        Path target = Files.createDirectory(folder.resolve("elsewhere")).resolve("target.png");
        Files.write(target, new byte[] {9});
        Path link = Files.createSymbolicLink(folder.resolve("link.png"), Path.of("elsewhere", "target.png"));

        WholeFile.check(link);
        WholeFile.write(link, CONTENT);

        assertThat(link).isSymbolicLink();
        assertThat(target).hasBinaryContent(CONTENT);
    }

    @Test
    @EnabledOnOs({OS.LINUX, OS.MAC})
    void linkToAMissingFile_makesTheFile() throws IOException {
        Path link = Files.createSymbolicLink(folder.resolve("link.png"), Path.of("target.png"));

        WholeFile.check(link);
        assertThat(folder.resolve("target.png")).doesNotExist();
        WholeFile.write(link, CONTENT);

        assertThat(link).isSymbolicLink();
        assertThat(folder.resolve("target.png")).hasBinaryContent(CONTENT);
    }

    @Test
    @EnabledOnOs({OS.LINUX, OS.MAC})
    void linksInACircle_areRefused() throws IOException {
        Path link = Files.createSymbolicLink(folder.resolve("a.png"), Path.of("b.png"));
        Files.createSymbolicLink(folder.resolve("b.png"), Path.of("a.png"));

        assertThatThrownBy(() -> WholeFile.check(link))
                .hasMessage("cannot write %s: its symbolic links go in a circle; give another name", link);
    }

    @Test
    @EnabledOnOs({OS.LINUX, OS.MAC})
    void permissionsOfAReplacedFile_stay() throws IOException {
        Path file = Files.write(folder.resolve("a.png"), new byte[] {9});
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-rw-r-x"));

        WholeFile.write(file, CONTENT);

        assertThat(file).hasBinaryContent(CONTENT);
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file))).isEqualTo("rw-rw-r-x");
    }

    @Test
    @EnabledOnOs({OS.LINUX, OS.MAC})
    void newFile_hasThePermissionsOfNewFiles() throws IOException {
        Path usual = Files.createFile(folder.resolve("usual"));

        WholeFile.write(folder.resolve("a.png"), CONTENT);

        assertThat(Files.getPosixFilePermissions(folder.resolve("a.png"))).isEqualTo(Files.getPosixFilePermissions(usual));
    }

    @Test
    @EnabledOnOs({OS.LINUX, OS.MAC})
    void readOnlyFile_isRefused() throws IOException {
        Path file = Files.write(folder.resolve("a.png"), new byte[] {9});
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("r--r--r--"));
        String message = "cannot write " + file + ": the file is read-only; change its permissions, or give another name";

        assertThatThrownBy(() -> WholeFile.check(file)).isInstanceOf(WurstchenException.class).hasMessage(message);
        assertThatThrownBy(() -> WholeFile.write(file, CONTENT)).isInstanceOf(WurstchenException.class).hasMessage(message);
        assertThat(file).hasBinaryContent(new byte[] {9});
    }

    @Test
    @EnabledOnOs({OS.LINUX, OS.MAC})
    void pipe_getsTheContentAndStaysAPipe() throws Exception {
        Path pipe = folder.resolve("pipe");
        assertThat(new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor()).isZero();
        CompletableFuture<byte[]> read = CompletableFuture.supplyAsync(() -> {
            try {
                return Files.readAllBytes(pipe);
            } catch (IOException e) {
                throw new AssertionError(e);
            }
        });

        WholeFile.check(pipe);
        WholeFile.write(pipe, CONTENT);

        assertThat(read.join()).isEqualTo(CONTENT);
        assertThat(Files.readAttributes(pipe, "*").get("isOther")).isEqualTo(true);
        assertThat(folder.toFile().list()).containsExactly("pipe");
    }

    @Test
    void writeThatFails_leavesTheOldFileAndNothingElse() throws IOException {
        Path file = Files.createDirectory(folder.resolve("a.png"));

        assertThatThrownBy(() -> WholeFile.write(file, CONTENT)).isInstanceOf(WurstchenException.class);

        assertThat(folder.toFile().list()).containsExactly("a.png");
    }

    @Test
    void temporaryFile_isDeletedAlsoAfterAnError() {
        assertThatThrownBy(() -> {
                    try (TemporaryFile part = TemporaryFile.create(folder)) {
                        assertThat(part.path()).exists();
                        throw new OutOfMemoryError("planted");
                    }
                })
                .isInstanceOf(OutOfMemoryError.class);
        assertThat(folder).isEmptyDirectory();
    }

    @Test
    void leftovers_areRemovedUnlessTheyAreInUse() throws IOException {
        Path left = Files.write(folder.resolve(".wurstchen-1-1.part"), new byte[] {9});
        Path other = Files.write(folder.resolve(".wurstchen.txt"), new byte[] {9});
        try (TemporaryFile used = TemporaryFile.create(folder)) {
            WholeFile.removeLeftovers(folder);

            assertThat(left).doesNotExist();
            assertThat(other).exists();
            assertThat(used.path()).exists();
        }
    }

    /** Another process would get no lock; in one process that is an exception. */
    @Test
    void leftoverThatSomebodyLocks_stays() throws IOException {
        Path part = Files.write(folder.resolve(".wurstchen-1-1.part"), new byte[] {9});
        try (FileChannel channel = FileChannel.open(part, StandardOpenOption.WRITE)) {
            channel.lock();
            WholeFile.removeLeftovers(folder);
            assertThat(part).exists();
        }
    }

    @Test
    void folderThatIsMissing_hasNoLeftovers() {
        WholeFile.removeLeftovers(folder.resolve("missing"));
        assertThat(folder).isEmptyDirectory();
    }
}
