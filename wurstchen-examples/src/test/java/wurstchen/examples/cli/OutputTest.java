package wurstchen.examples.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import wurstchen.image.Png;

/** Where the pictures of the command line go, in cases that users of other tools reported. */
final class OutputTest {
    @TempDir
    private Path folder;

    @TempDir
    private Path output;

    private String[] generate(String... args) {
        return Stream.of(Stream.of("generate", "a cat"), CommandProcess.tiny().stream(), Stream.of(args))
                .flatMap(words -> words)
                .toArray(String[]::new);
    }

    @Test
    void fourRunsAtOnceWithoutAName_makeFourFiles() throws Exception {
        List<Process> runs = new ArrayList<>();
        for (int run = 0; run < 4; run++) {
            runs.add(CommandProcess.start(folder, Files.createDirectory(output.resolve("" + run)), generate("--seed=" + run)));
        }
        for (Process run : runs) {
            assertThat(run.waitFor()).isZero();
        }

        assertThat(folder.toFile().list())
                .containsExactlyInAnyOrder("wurstchen-0001.png", "wurstchen-0002.png", "wurstchen-0003.png", "wurstchen-0004.png");
        for (int run = 0; run < 4; run++) {
            String said = CommandProcess.read(output.resolve("" + run), "out.txt");
            String name = said.lines().filter(line -> line.startsWith("wrote ")).findFirst().orElseThrow().split("[ ,]")[1];
            assertThat(Png.read(folder.resolve(name)).text()).containsEntry("seed", "" + run);
        }
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void fullStandardOutput_isAFailure() throws Exception {
        Process run = CommandProcess.builder(folder, generate("--out=cat.png"))
                .redirectOutput(new File("/dev/full"))
                .redirectError(output.resolve("err.txt").toFile())
                .start();

        assertThat(run.waitFor()).isEqualTo(1);
        assertThat(CommandProcess.read(output, "err.txt"))
                .isEqualToNormalizingNewlines(
                        "wurstchen: cannot write to standard output: is the disk full, or the other end of a pipe closed?\n");
        assertThat(Png.read(folder.resolve("cat.png")).text()).containsEntry("prompt", "a cat");
    }

    @Test
    void nameOf230Bytes_isWritten() {
        String name = "é".repeat(113) + ".png";

        CommandRun run = CommandRun.generateTiny(folder, "a cat", "--out=" + name);

        assertThat(run.err()).isEmpty();
        assertThat(folder.toFile().list()).containsExactly(name);
    }

    @Test
    @EnabledOnOs({OS.LINUX, OS.MAC})
    void numberThatMakesANameTooLong_isRefusedBeforeTheModelIsLoaded() {
        String name = "a".repeat(250);

        CommandRun run = CommandRun.generateTiny(folder, "a cat", "--pictures=2", "--out=" + name + ".png");

        assertThat(run.err())
                .isEqualToNormalizingNewlines("wurstchen: cannot write " + folder.resolve(name + "-0.png")
                        + ": the file name is too long; give a shorter one\n");
        assertThat(run.exitCode()).isEqualTo(1);
        assertThat(run.out()).isEmpty();
        assertThat(folder).isEmptyDirectory();
    }

    @Test
    @EnabledOnOs({OS.LINUX, OS.MAC})
    void readOnlyFile_isRefusedBeforeTheModelIsLoaded() throws IOException {
        Path file = Files.writeString(folder.resolve("a.png"), "mine");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("r--r--r--"));

        CommandRun run = CommandRun.generateTiny(folder, "a cat", "--out=a.png");

        assertThat(run.err())
                .isEqualToNormalizingNewlines(
                        "wurstchen: cannot write " + file + ": the file is read-only; change its permissions, or give another name\n");
        assertThat(run.out()).isEmpty();
        assertThat(file).hasContent("mine");
    }

    @Test
    @EnabledOnOs({OS.LINUX, OS.MAC})
    void link_isFollowedAndPermissionsStay() throws IOException {
        Path target = Files.writeString(folder.resolve("target.png"), "old");
        Files.setPosixFilePermissions(target, PosixFilePermissions.fromString("rw-rw-rw-"));
        Path link = Files.createSymbolicLink(folder.resolve("link.png"), Path.of("target.png"));

        assertThat(CommandRun.generateTiny(folder, "a cat", "--out=link.png").exitCode()).isZero();

        assertThat(link).isSymbolicLink();
        assertThat(Png.read(target).text()).containsEntry("prompt", "a cat");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(target))).isEqualTo("rw-rw-rw-");
    }

    @Test
    @EnabledOnOs({OS.LINUX, OS.MAC})
    void pipe_getsThePicture() throws Exception {
        Path pipe = folder.resolve("pipe.png");
        assertThat(new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor()).isZero();
        CompletableFuture<Png> read = CompletableFuture.supplyAsync(() -> Png.read(pipe));

        assertThat(CommandRun.generateTiny(folder, "a cat", "--out=pipe.png").exitCode()).isZero();

        assertThat(read.join().text()).containsEntry("prompt", "a cat");
        assertThat(folder.toFile().list()).containsExactly("pipe.png");
    }

    @Test
    void standardOutput_getsThePictureAndNothingElse() throws Exception {
        Process run = CommandProcess.builder(folder, generate("--seed=1", "-o", "-"))
                .redirectOutput(output.resolve("cat.png").toFile())
                .redirectError(output.resolve("err.txt").toFile())
                .start();

        assertThat(run.waitFor()).isZero();
        assertThat(Png.read(output.resolve("cat.png")).text()).containsEntry("seed", "1");
        assertThat(CommandProcess.read(output, "err.txt")).startsWith("model tiny, loaded in ").contains("wrote -, 384 x 128 px, seed 1");
        assertThat(folder).isEmptyDirectory();
    }

    @Test
    void jpeg_isWrittenInTheQualityThatIsAskedFor() throws IOException {
        assertThat(CommandRun.generateTiny(folder, "a “cat”", "-s", "1", "-o", "good.jpg").exitCode()).isZero();
        assertThat(CommandRun.generateTiny(folder, "a “cat”", "-s", "1", "-o", "small.jpeg", "--quality=10").exitCode()).isZero();
        assertThat(CommandRun.generateTiny(folder, "a cat", "-s", "1", "-o", "bare.jpg", "--no-metadata").exitCode()).isZero();

        assertThat(Files.size(folder.resolve("small.jpeg"))).isLessThan(Files.size(folder.resolve("good.jpg")) / 2);
        assertThat(javax.imageio.ImageIO.read(folder.resolve("good.jpg").toFile()).getWidth()).isEqualTo(384);
        assertThat(CommandRun.of(folder, "show", "small.jpeg").out())
                .contains("prompt:             a “cat”", "--out small-again.jpeg");
        assertThat(CommandRun.of(folder, "show", "bare.jpg").err())
                .isEqualToNormalizingNewlines("wurstchen: " + folder.resolve("bare.jpg")
                        + " does not say how it was made by wurstchen: it is no JPEG file with a comment\n");
    }

    @Test
    void longCommentOfAJpeg_isReadWhole() {
        String prompt = "cat ".repeat(30_000);
        assertThat(CommandRun.generateTiny(folder, prompt, "-o", "a.jpg").exitCode()).isZero();

        assertThat(CommandRun.of(folder, "show", "a.jpg", "--json").out()).contains("\"" + prompt + "\"");
    }

    @Test
    void shortOptions_areThoseOfOtherTools() {
        assertThat(CommandRun.of(
                                folder, "generate", "-p", "a cat", "-n", "dog", "-s", "3", "-W", "384", "-H", "128", "-t", "1", "-o", "a.png",
                                "--model=" + CommandRun.TINY_BUNDLE)
                        .err())
                .isEmpty();

        assertThat(Png.read(folder.resolve("a.png")).text())
                .containsEntry("prompt", "a cat")
                .containsEntry("negative-prompt", "dog")
                .containsEntry("seed", "3")
                .containsEntry("width", "384")
                .containsEntry("height", "128");
    }

    @Test
    void killedRuns_leaveNothingOnceTheRunIsRepeated() throws Exception {
        for (int wait = 300; wait < 1500; wait += 400) {
            Process run = CommandProcess.start(folder, output, generate("--pictures=50", "--seed=1"));
            Thread.sleep(wait);
            run.destroyForcibly().waitFor();
        }

        assertThat(CommandRun.generateTiny(folder, "a cat", "--seed=7").exitCode()).isZero();

        assertThat(folder.toFile().list()).allMatch(name -> name.matches("wurstchen-\\d{4}\\.png"));
        for (String name : folder.toFile().list()) {
            assertThat(Png.read(folder.resolve(name)).text()).containsEntry("prompt", "a cat");
        }
    }
}
