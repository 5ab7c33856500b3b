package wurstchen.examples.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import wurstchen.PictureMetadata;
import wurstchen.image.Picture;
import wurstchen.image.Png;
import wurstchen.sampling.Timesteps;
import wurstchen.stage.Pixels;

final class ShowCommandTest {
    @TempDir
    private Path folder;

    private void generate(String... args) {
        List<String> all = new ArrayList<>(List.of("generate", "--model=" + CommandRun.TINY_BUNDLE));
        all.addAll(List.of(args));
        CommandRun run = CommandRun.of(folder, all.toArray(String[]::new));
        assertThat(run.err()).isEmpty();
        assertThat(run.exitCode()).isZero();
    }

    private CommandRun show(String... args) {
        List<String> all = new ArrayList<>(List.of("show"));
        all.addAll(List.of(args));
        return CommandRun.of(folder, all.toArray(String[]::new));
    }

    /** What a shell makes of a command. */
    private static List<String> words(String command) throws Exception {
        Process shell = new ProcessBuilder("sh", "-c", "for word in " + command + "; do printf '%s\\0' \"$word\"; done").start();
        String printed = new String(shell.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
        assertThat(shell.waitFor()).isZero();
        return Arrays.asList(printed.split("\0"));
    }

    /** Runs the command that is shown for a file, and compares what it writes. */
    private void assertMadeAgain(String name) throws Exception {
        String model = CommandRun.TINY_BUNDLE.toAbsolutePath().normalize().toString();
        String shown = show(name + ".png", "--model", model).out();
        List<String> words = words(shown.split("make it again:")[1].strip().replaceFirst("^wurstchen ", ""));

        CommandRun again = CommandRun.of(folder, words.toArray(String[]::new));

        assertThat(again.err()).isEmpty();
        assertThat(folder.resolve(name + "-again.png")).hasSameBinaryContentAs(folder.resolve(name + ".png"));
    }

    @Test
    void commandThatIsShown_makesTheSameFile() throws Exception {
        generate("it's \"a\" $cat\n猫", "--seed=-9223372036854775808", "--negative-prompt=-dog", "--stage-c-guidance=2.5", "--out=one.png");
        generate("--prompt=-h", "--stage-c-timesteps=reference", "--stage-b-timesteps=1,0.3333333,0", "--stage-b-guidance=-1", "--out=two.png");
        generate("", "--width=384", "--height=128", "--stage-c-steps=2", "--out=three.png");

        assertThat(Png.read(folder.resolve("two.png")).text()).containsEntry("stage-c-steps", "29");
        assertThat(PictureMetadata.fromText(Png.read(folder.resolve("two.png")).text()).settings().stageCTimesteps())
                .isEqualTo(Timesteps.stageCDefault());
        assertMadeAgain("one");
        assertMadeAgain("two");
        assertMadeAgain("three");
        generate("a (cat:1.4)", "--negative-prompt=[dog]", "--prompt-weights", "--long-prompts=windows", "--seed=3", "--out=four.png");
        assertMadeAgain("four");
    }

    @Test
    void settings_areShown() {
        generate("a cat", "--seed=42", "--out=cat.png");

        CommandRun run = show("cat.png");

        assertThat(run.err()).isEmpty();
        assertThat(run.out().lines().toList())
                .contains("prompt:             a cat", "negative-prompt:    ", "seed:               42", "stage-c-steps:      4", "model:              tiny")
                .anyMatch(line -> line.matches("model-sha256:       [0-9a-f]{64}"))
                .anyMatch(line -> line.matches("device: {13}ONNX Runtime .*"))
                .contains("  wurstchen generate 'a cat' --seed 42 --width 256 --height 256 --stage-c-steps 4 --stage-c-guidance 4.0 --stage-b-steps 3"
                        + " --stage-b-guidance 0.0 --model FOLDER-OF-tiny --out cat-again.png");
        assertThat(run.exitCode()).isZero();
    }

    @Test
    void json_comesBack() {
        generate("a cat", "--seed=42", "--out=cat.png");

        CommandRun run = show("cat.png", "--json");

        assertThat(run.out().lines()).hasSize(1);
        assertThat(PictureMetadata.fromJson(run.out())).isEqualTo(PictureMetadata.fromText(Png.read(folder.resolve("cat.png")).text()));
    }

    @Test
    void pictureOfABatch_isSaidToBeOne() {
        generate("a cat", "--seed=42", "--pictures=2", "--batch-size=2", "--stage-c-steps=1", "--out=cat.png");

        assertThat(show("cat-1.png").out()).endsWith(String.format("It was made 2 at a time: alone, a pixel may differ by 1.%n"));
    }

    @Test
    void pictureOfHiddenStates_hasNoCommand() throws IOException {
        generate("a cat", "--seed=42", "--stage-c-steps=1", "--out=cat.png");
        Png cat = Png.read(folder.resolve("cat.png"));
        Map<String, String> text = new LinkedHashMap<>(cat.text());
        text.remove(PictureMetadata.JSON);
        text.put("encoded-prompt-sha256", "a".repeat(64));
        new Png(cat.picture(), text).write(folder.resolve("encoded.png"));

        assertThat(show("encoded.png").out())
                .endsWith(String.format("no command makes it again: its prompt was given as hidden states, which only programs can do%n"));
    }

    @Test
    void otherModel_isRefused() {
        generate("a cat", "--seed=42", "--stage-c-steps=1", "--out=cat.png");
        Path other = CommandRun.TINY_BUNDLE.resolveSibling("tiny-bundle-int8").toAbsolutePath().normalize();

        CommandRun run = show("cat.png", "--model", other.toString());

        assertThat(run.err())
                .matches("wurstchen: another model made this picture: expected tiny with the manifest's SHA-256 [0-9a-f]{64}, \\Q" + other
                        + "\\E has [0-9a-f]{64}\\R");
        assertThat(run.exitCode()).isEqualTo(1);
    }

    @Test
    void fileWithoutSettings_isAFailure() throws IOException {
        new Png(Picture.fromPixels(new Pixels(1, 1, 1, new float[3])).get(0), Map.of("Software", "another")).write(folder.resolve("a.png"));
        Files.writeString(folder.resolve("b.png"), "no picture");

        assertThat(show("a.png").err())
                .isEqualToNormalizingNewlines("wurstchen: " + folder.resolve("a.png")
                        + " does not say how it was made by wurstchen: settings need 'prompt', found only [Software]\n");
        assertThat(show("a.png").exitCode()).isEqualTo(1);
        assertThat(show("b.png").err()).startsWith("wurstchen: cannot read " + folder.resolve("b.png") + ": ");
        assertThat(show("c.png").err())
                .isEqualToNormalizingNewlines("wurstchen: cannot read " + folder.resolve("c.png") + ": NoSuchFileException ("
                        + folder.resolve("c.png") + ")\n");
    }

    @Test
    void noMetadata_isWrittenOnRequest() {
        generate("a cat", "--seed=42", "--stage-c-steps=1", "--no-metadata", "--out=cat.png");

        assertThat(Png.read(folder.resolve("cat.png")).text()).isEmpty();
    }
}
