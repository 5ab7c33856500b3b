package wurstchen.examples.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.entry;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import wurstchen.image.Png;

final class GenerateCommandTest {
    @TempDir
    private Path folder;

    private CommandRun generate(String... args) {
        CommandRun run = CommandRun.generateTiny(folder, args);
        assertThat(run.err()).isEmpty();
        assertThat(run.exitCode()).isZero();
        return run;
    }

    @Test
    void generate_writesThePictureAndSaysHow() throws IOException {
        CommandRun run = generate("a cat", "--seed=42", "--width=256", "--height=256", "--out=cat.png");

        assertThat(run.out().lines().toList())
                .satisfiesExactly(
                        line -> assertThat(line).matches("model tiny, loaded in \\d+\\.\\d\\d s"),
                        line -> assertThat(line).isEqualTo("wrote " + folder.resolve("cat.png") + ", 256 x 256 px, seed 42"),
                        line -> assertThat(line)
                                .matches("Text \\S+ s, Stage C \\S+ s, Stage B \\S+ s, Stage A \\S+ s; together \\S+ s"));
        assertThat(folder).isDirectoryContaining(file -> file.endsWith("cat.png"));
        assertThat(ImageIO.read(folder.resolve("cat.png").toFile()))
                .satisfies(image -> assertThat(image.getWidth()).isEqualTo(256))
                .satisfies(image -> assertThat(image.getHeight()).isEqualTo(256));
    }

    @Test
    void pngText_carriesTheSettings() {
        generate("a “cat” – 猫", "--negative-prompt=dog", "--seed=-5", "--stage-c-guidance=2.5", "--out=cat.png");

        assertThat(Png.read(folder.resolve("cat.png")).text())
                .contains(
                        entry("prompt", "a “cat” – 猫"),
                        entry("negative-prompt", "dog"),
                        entry("seed", "-5"),
                        entry("width", "384"),
                        entry("height", "128"),
                        entry("stage-c-steps", "2"),
                        entry("stage-c-guidance", "2.5"),
                        entry("stage-b-steps", "1"),
                        entry("stage-b-guidance", "0.0"));
    }

    @Test
    void sameSeed_makesTheSameFile() {
        generate("a cat", "--seed=42", "--out=one.png");
        generate("a cat", "--seed=42", "--out=two.png");
        generate("a cat", "--seed=43", "--out=three.png");

        assertThat(folder.resolve("one.png")).hasSameBinaryContentAs(folder.resolve("two.png"));
        assertThat(Png.read(folder.resolve("three.png")).text()).containsEntry("seed", "43");
    }

    @Test
    void lowMemory_makesTheSameFile() {
        generate("a cat", "--seed=42", "--out=one.png");
        generate("a cat", "--seed=42", "--low-memory", "--out=two.png");

        assertThat(folder.resolve("one.png")).hasSameBinaryContentAs(folder.resolve("two.png"));
    }

    @Test
    void withoutSeed_aRandomOneIsPrintedAndMakesTheSameFileAgain() {
        CommandRun run = generate("a cat", "--out=one.png");
        Matcher seed = Pattern.compile("seed (\\d+)").matcher(run.out());
        assertThat(seed.find()).isTrue();

        generate("a cat", "--seed=" + seed.group(1), "--out=two.png");

        assertThat(folder.resolve("one.png")).hasSameBinaryContentAs(folder.resolve("two.png"));
    }

    @Test
    void severalPictures_areNumberedAndEachIsThePictureOfItsSeed() {
        generate("a cat", "--seed=9223372036854775807", "--pictures=2", "--out=cat.png");
        generate("a cat", "--seed=-9223372036854775808", "--out=alone.png");

        assertThat(folder.resolve("cat-0.png")).exists();
        assertThat(folder.resolve("cat.png")).doesNotExist();
        assertThat(folder.resolve("cat-1.png")).hasSameBinaryContentAs(folder.resolve("alone.png"));
    }

    @Test
    void batches_makeEveryPicture() {
        CommandRun run = generate("a cat", "--seed=1", "--pictures=3", "--batch-size=2", "--out=cat.png");

        assertThat(run.out().lines().filter(line -> line.startsWith("wrote ")))
                .containsExactly(
                        "wrote " + folder.resolve("cat-0.png") + ", 384 x 128 px, seed 1",
                        "wrote " + folder.resolve("cat-1.png") + ", 384 x 128 px, seed 2",
                        "wrote " + folder.resolve("cat-2.png") + ", 384 x 128 px, seed 3");
    }

    @Test
    void withoutName_theNextFreeOnesAreTaken() throws IOException {
        Files.writeString(folder.resolve("wurstchen-0001.png"), "mine");

        generate("a cat", "--pictures=2");

        assertThat(folder.resolve("wurstchen-0001.png")).hasContent("mine");
        assertThat(folder.toFile().list())
                .containsExactlyInAnyOrder("wurstchen-0001.png", "wurstchen-0002.png", "wurstchen-0003.png");
    }

    @Test
    void promptThatLooksLikeAnArgumentsFile_isAPrompt() {
        generate("@home", "--out=home.png");

        assertThat(Png.read(folder.resolve("home.png")).text()).containsEntry("prompt", "@home");
    }

    @Test
    void emptyPrompt_isAPrompt() {
        generate("", "--out=empty.png");

        assertThat(Png.read(folder.resolve("empty.png")).text()).containsEntry("prompt", "");
    }

    @Test
    void promptThatBeginsWithAHyphen_isAPromptWhereItIsSaidToBe() {
        generate("--prompt", "-Vintage car", "--out=one.png");
        generate("--prompt=-h", "--out=two.png");
        generate("--out=three.png", "--", "-Vintage car");

        assertThat(Png.read(folder.resolve("one.png")).text()).containsEntry("prompt", "-Vintage car");
        assertThat(Png.read(folder.resolve("two.png")).text()).containsEntry("prompt", "-h");
        assertThat(Png.read(folder.resolve("three.png")).text()).containsEntry("prompt", "-Vintage car");
    }

    @Test
    void seedsFrom2To63_areThoseOfTheSame64Bits() {
        generate("a cat", "--seed=18446744073709551615", "--out=one.png");
        generate("a cat", "--seed=-1", "--out=two.png");
        generate("a cat", "--seed=9223372036854775808", "--out=three.png");

        assertThat(folder.resolve("one.png")).hasSameBinaryContentAs(folder.resolve("two.png"));
        assertThat(Png.read(folder.resolve("three.png")).text()).containsEntry("seed", "-9223372036854775808");
    }

    @Test
    void sizeThatTheModelWasNotTrainedFor_isMadeWithANote() {
        CommandRun run = CommandRun.generateTiny(folder, "a cat", "--width=128", "--height=256", "--out=cat.png");

        assertThat(run.err())
                .isEqualToNormalizingNewlines("wurstchen: note: this model was not trained for 128 x 256 px; recommended: 256 x 256, 384 x 128\n");
        assertThat(run.exitCode()).isZero();
        assertThat(folder.resolve("cat.png")).exists();
    }

    @Test
    void longPrompt_isCutWithOneWarning() {
        CommandRun run = CommandRun.generateTiny(folder, "cat ".repeat(75) + "on the grass", "--pictures=2");

        assertThat(run.err())
                .isEqualToNormalizingNewlines("wurstchen: warning: Stage C and Stage B: the prompt is too long, its end was not used:"
                        + " \"on the grass\"\n");
        assertThat(run.exitCode()).isZero();
    }

    @Test
    void longNegativePrompt_isCutWithAWarningWhereItIsRead() {
        CommandRun run = CommandRun.generateTiny(
                folder, "a cat", "--negative-prompt=" + "dog ".repeat(75) + "on the grass", "--stage-c-guidance=2");

        assertThat(run.err())
                .isEqualToNormalizingNewlines("wurstchen: warning: Stage C: the negative prompt is too long, its end was not used:"
                        + " \"on the grass\"\n");
    }

    @Test
    void help_namesDefaultsAndTheReferencesWords() {
        CommandRun run = CommandRun.of(folder, "generate", "--help");

        assertThat(run.out())
                .contains(
                        "the model's, 60 in the published one",
                        "prior_num_inference_steps",
                        "prior_guidance_scale",
                        "num_inference_steps",
                        "decoder_guidance_scale",
                        "num_images_per_prompt",
                        "manual_seed(N)",
                        "java -jar wurstchen.jar generate \"a red apple\" --seed 42 --out apple.png");
        assertThat(run.exitCode()).isZero();
    }

    @Test
    void help_beginsWithTheThreeOptionsThatPeopleWantFirst() {
        String help = CommandRun.of(folder, "help", "generate").out();

        assertThat(help).startsWith("Usage: wurstchen generate PROMPT [-s N] [-o FILE] [--pictures N] [OPTIONS]");
        assertThat(help).containsSubsequence("\n  -s, --seed=N", "\n  -o, --out=FILE", "\n      --pictures=N", "\n  -p, --prompt=TEXT");
        assertThat(help).isEqualTo(CommandRun.of(folder, "generate", "-h").out());
    }

    @Test
    void help_fitsTheTerminal() {
        assertThat(WurstchenCommand.helpWidth(20)).isEqualTo(55);
        assertThat(WurstchenCommand.helpWidth(80)).isEqualTo(80);
        assertThat(WurstchenCommand.helpWidth(300)).isEqualTo(120);
        String help = WurstchenCommand.commandLine(folder, wurstchen.examples.cli.output.Terminal.QUIET)
                .setUsageHelpWidth(60)
                .getSubcommands()
                .get("generate")
                .getUsageMessage(picocli.CommandLine.Help.Ansi.OFF);

        assertThat(help.lines().filter(line -> !line.contains("wurstchen"))).allMatch(line -> line.length() <= 60);
    }

    @Test
    void completion_isAShellScriptOfEveryCommand() throws Exception {
        String script = CommandRun.of(folder, "completion").out();

        Process bash = new ProcessBuilder("bash", "-n").redirectErrorStream(true).start();
        bash.getOutputStream().write(script.getBytes(java.nio.charset.StandardCharsets.UTF_8));
        bash.getOutputStream().close();
        assertThat(new String(bash.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8)).isEmpty();
        assertThat(bash.waitFor()).isZero();
        assertThat(script).contains("generate", "show", "doctor", "--stage-c-timesteps");
    }

    @Test
    void version_isTheBuilds() {
        assertThat(CommandRun.of(folder, "-V").out()).isEqualTo(CommandRun.of(folder, "--version").out());
        assertThat(CommandRun.of(folder, "--version").out()).matches("wurstchen \\d+\\.\\d+\\S* \\(Java \\S+\\)\\R");
    }
}
