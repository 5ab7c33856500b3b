package wurstchen.examples.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import wurstchen.PictureMetadata;
import wurstchen.WurstchenException;
import wurstchen.image.Picture;
import wurstchen.image.Png;
import wurstchen.stage.StageCLatents;

/** Stage C's latents as files: the end of a run, the beginning of another, and what is left of an interrupted one. */
final class LatentCommandsTest {
    @TempDir
    private Path folder;

    private CommandRun succeed(String... args) {
        CommandRun run = CommandRun.generateTiny(folder, args);
        assertThat(run.err()).isEmpty();
        assertThat(run.exitCode()).isZero();
        return run;
    }

    private Picture picture(String file) {
        return Png.read(folder.resolve(file)).picture();
    }

    private StageCLatents latents(String file) {
        return StageCLatents.read(folder.resolve(file));
    }

    /** What was not given again, comes from the file. */
    @Test
    void stoppedAndContinued_makesTheSamePicture() {
        succeed("a cat", "--negative-prompt=dog", "--seed=7", "--stage-b-guidance=2", "--out=whole.png");
        CommandRun stopped =
                succeed("a cat", "--negative-prompt=dog", "--seed=7", "--stage-b-guidance=2", "--stop-after=stage-c", "--latents=c.safetensors");
        CommandRun continued = CommandRun.of(
                folder, "generate", "--model=" + CommandRun.TINY_BUNDLE, "--start-from=c.safetensors", "--out=continued.png");

        assertThat(stopped.out()).contains(String.format("wrote %s, Stage C latents of 384 x 128 px, seed 7%n", folder.resolve("c.safetensors")));
        assertThat(latents("c.safetensors").stepsLeft()).isZero();
        assertThat(latents("c.safetensors").notes()).containsEntry("prompt", "a cat").containsEntry("seed", "7").containsKey("model-sha256");
        assertThat(continued.err()).isEmpty();
        assertThat(picture("continued.png")).isEqualTo(picture("whole.png"));
        assertThat(folder.toFile().list()).containsExactlyInAnyOrder("whole.png", "c.safetensors", "continued.png");
    }

    @Test
    void latentsBesideThePicture_areThoseOfTheStoppedRun() throws IOException {
        succeed("a cat", "--seed=7", "--pictures=2", "--latents=c.safetensors", "--out=a.png");
        CommandRun stopped = succeed("a cat", "--seed=8", "--stop-after=stage-c", "--latents=alone.safetensors", "--json");

        assertThat(folder.resolve("c-1.safetensors")).hasSameBinaryContentAs(folder.resolve("alone.safetensors"));
        assertThat(Files.readAllBytes(folder.resolve("c-0.safetensors"))).isNotEqualTo(Files.readAllBytes(folder.resolve("c-1.safetensors")));
        assertThat(stopped.out().lines()).hasSize(1);
        assertThat(PictureMetadata.fromJson(stopped.out()).settings().prompt()).isEqualTo("a cat");
        assertThat(stopped.out()).startsWith("{\"file\":\"" + folder.resolve("alone.safetensors") + "\",\"made\":true,");
    }

    @Test
    void latentsWithoutASeed_sayTheOneOfTheirPicture() {
        succeed("a cat", "--latents=c.safetensors", "--out=a.png");

        String seed = Png.read(folder.resolve("a.png")).text().get("seed");
        assertThat(latents("c.safetensors").notes()).containsEntry("seed", seed);
    }

    @Test
    void killedRun_continuesWithItsLastStep() throws Exception {
        succeed("a cat", "--seed=7", "--stage-c-steps=400", "--out=whole.png");
        List<String> args = new ArrayList<>(List.of("generate", "a cat", "--seed=7"));
        args.addAll(CommandProcess.tiny().stream().filter(arg -> !arg.startsWith("--stage-c-steps")).toList());
        args.addAll(List.of("--stage-c-steps=400", "--latents=c.safetensors", "--out=killed.png"));
        Process process = CommandProcess.start(folder, folder, args.toArray(String[]::new));
        try {
            while (process.isAlive() && !hasBegun()) {
                Thread.onSpinWait();
            }
        } finally {
            process.destroyForcibly();
        }
        assertThat(process.waitFor(1, TimeUnit.MINUTES)).isTrue();
        assertThat(latents("c.safetensors").stepsLeft()).as(CommandProcess.read(folder, "err.txt")).isBetween(1, 399);

        succeed("--start-from=c.safetensors", "--stage-c-steps=400", "--out=killed.png");

        assertThat(picture("killed.png")).isEqualTo(picture("whole.png"));
    }

    private boolean hasBegun() {
        try {
            return latents("c.safetensors").stepsLeft() < 400;
        } catch (WurstchenException e) {
            return false; // Not there yet.
        }
    }

    @Test
    void continuedPicture_isMadeAgainByItsCommand() {
        succeed("a cat", "--seed=7", "--stop-after=stage-c", "--latents=c.safetensors");
        succeed("--start-from=c.safetensors", "--out=a.png");

        assertThat(CommandRun.of(folder, "show", "a.png").out())
                .contains("--start-from FILE-OF-" + latents("c.safetensors").sha256().substring(0, 12));
    }

    @Test
    void otherPrompt_isTakenFromTheOptions() {
        succeed("a cat", "--seed=7", "--stop-after=stage-c", "--latents=c.safetensors");
        succeed("a dog", "--start-from=c.safetensors", "--out=a.png");

        assertThat(Png.read(folder.resolve("a.png")).text()).containsEntry("prompt", "a dog").containsEntry("seed", "7");
    }

    @Test
    void latentsWithoutNotes_needAPrompt() {
        succeed("a cat", "--seed=7", "--stop-after=stage-c", "--latents=c.safetensors");
        latents("c.safetensors").withNotes(Map.of()).write(folder.resolve("bare.safetensors"));

        assertRefused(
                "no prompt: put it in quotes behind the command, or give --prompt TEXT if it begins with -", "--start-from=bare.safetensors");
        succeed("a cat", "--start-from=bare.safetensors", "--seed=7", "--out=a.png");
    }

    @Test
    void latentsOfAPicture_needItAgain() throws IOException {
        Files.copy(Path.of("../docs/gallery/01.png"), folder.resolve("apple.png"));
        CommandRun stopped = CommandRun.of(
                folder, "generate", "an apple", "--image=apple.png", "--seed=1", "--stop-after=stage-c", "--latents=c.safetensors", "--stage-c-steps=4");
        assertThat(stopped.exitCode()).isZero();

        assertRefused(
                "--start-from: the latents were made with --image, a picture of SHA-256 " + latents("c.safetensors").notes().get("image-sha256")
                        + ": give it again",
                "--start-from=c.safetensors");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "--stop-after=stage-b --latents=c.safetensors | --stop-after: expected stage-c, got 'stage-b'",
        "--stop-after=stage-c | --stop-after stage-c: name a file for the latents with --latents FILE",
        "--latents=c.png | --latents: expected a name that ends with .safetensors, got c.png",
        "--stop-after=stage-c --latents=c.safetensors --out=a.png | --stop-after stage-c makes no picture: leave out --out"
    })
    void optionsThatDoNotFit_areWrongUsage(String options, String message) {
        List<String> args = new ArrayList<>(List.of("a cat"));
        args.addAll(List.of(options.split(" ")));
        assertRefused(message, args.toArray(String[]::new));
        assertThat(folder).isEmptyDirectory();
    }

    @ParameterizedTest
    @CsvSource({"--latents=c.safetensors, --latents", "--start-from=c.safetensors, --start-from", "--previews=watch, --previews"})
    void lists_doNotGoWithThem(String option, String name) throws IOException {
        Files.writeString(folder.resolve("list.txt"), "a cat\n");
        succeed("a cat", "--stop-after=stage-c", "--latents=c.safetensors");

        assertRefused("both --prompts and " + name + ": leave out one of them", "--prompts=list.txt", option);
    }

    @Test
    void fileThatIsNone_isAFailure() throws IOException {
        Files.writeString(folder.resolve("c.safetensors"), "no latents");

        CommandRun run = CommandRun.generateTiny(folder, "--start-from=c.safetensors");

        assertThat(run.err()).startsWith("wurstchen: cannot read Stage C latents from " + folder.resolve("c.safetensors") + ": ").hasLineCount(1);
        assertThat(run.exitCode()).isEqualTo(1);
    }

    @Test
    void unusableFile_isRefusedBeforeAnythingIsComputed() {
        CommandRun run = CommandRun.generateTiny(folder, "a cat", "--latents=missing/c.safetensors", "--out=a.png");

        assertThat(run.err()).startsWith("wurstchen: cannot write " + folder.resolve("missing/c.safetensors") + ": ").hasLineCount(1);
        assertThat(run.out()).isEmpty();
        assertThat(folder).isEmptyDirectory();
    }

    private void assertRefused(String message, String... args) {
        CommandRun run = CommandRun.generateTiny(folder, args);
        assertThat(run.err().lines().findFirst()).hasValue("wurstchen: " + message);
        assertThat(run.exitCode()).isEqualTo(2);
    }
}
