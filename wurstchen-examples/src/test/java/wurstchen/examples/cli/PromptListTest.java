package wurstchen.examples.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import wurstchen.PictureMetadata;
import wurstchen.image.Png;

/** {@code generate --prompts}. */
final class PromptListTest {
    @TempDir
    private Path folder;

    private CommandRun generate(String... args) {
        return CommandRun.generateTiny(folder, args);
    }

    private void write(String... lines) throws IOException {
        Files.write(folder.resolve("cats.txt"), List.of(lines));
    }

    private List<String> wrote(CommandRun run, String word) {
        return run.out().lines().filter(line -> line.startsWith(word)).map(line -> line.split("[ ,]")[1]).toList();
    }

    @Test
    void everyLine_isThePictureMadeAlone() throws IOException {
        write("a cat", "", "  a “dog”  ", "{\"prompt\": \"-a cow\", \"seed\": 18446744073709551615, \"width\": 256, \"height\": 256}");

        CommandRun run = generate("--prompts=cats.txt", "--seed=5");

        assertThat(run.err()).isEmpty();
        assertThat(run.exitCode()).isZero();
        assertThat(run.out()).containsPattern("3 pictures: 3 made in \\d+\\.\\d\\d s, 0 were there");
        assertThat(folder.toFile().list()).containsExactlyInAnyOrder("cats.txt", "cats-0001.png", "cats-0003.png", "cats-0004.png");
        generate("a cat", "--seed=5", "--out=one.png");
        generate("a “dog”", "--seed=5", "--out=two.png");
        generate("--prompt=-a cow", "--seed=-1", "--width=256", "--height=256", "--out=three.png");
        assertThat(folder.resolve("cats-0001.png")).hasSameBinaryContentAs(folder.resolve("one.png"));
        assertThat(folder.resolve("cats-0003.png")).hasSameBinaryContentAs(folder.resolve("two.png"));
        assertThat(folder.resolve("cats-0004.png")).hasSameBinaryContentAs(folder.resolve("three.png"));
    }

    @Test
    void picturesThatAreThere_areKept() throws IOException {
        write("a cat", "a dog", "a cow");
        generate("--prompts=cats.txt", "--out=c.png");
        byte[] first = Files.readAllBytes(folder.resolve("c-0001.png"));
        Files.delete(folder.resolve("c-0002.png"));
        write("a cat", "a dog", "a horse");

        CommandRun run = generate("--prompts=cats.txt", "--out=c.png");

        assertThat(wrote(run, "kept ")).containsExactly(folder.resolve("c-0001.png").toString());
        assertThat(wrote(run, "wrote ")).containsExactly(folder.resolve("c-0002.png").toString(), folder.resolve("c-0003.png").toString());
        assertThat(folder.resolve("c-0001.png")).hasBinaryContent(first);
        assertThat(Png.read(folder.resolve("c-0003.png")).text()).containsEntry("prompt", "a horse");
        assertThat(wrote(generate("--prompts=cats.txt", "--out=c.png"), "kept ")).hasSize(3);
        assertThat(wrote(generate("--prompts=cats.txt", "--out=c.png", "--seed=7"), "kept ")).isEmpty();
    }

    @Test
    void pictureOfAnotherModel_isMadeAgain() throws IOException {
        write("a cat");
        generate("--prompts=cats.txt", "--seed=1");
        Path other = CommandRun.TINY_BUNDLE.resolveSibling("tiny-bundle-int8");

        CommandRun run = CommandRun.of(
                folder, "generate", "--prompts=cats.txt", "--seed=1", "--model=" + other, "--width=384", "--height=128", "--stage-c-steps=2",
                "--stage-b-steps=1");

        assertThat(wrote(run, "wrote ")).hasSize(1);
    }

    @Test
    void fileOfSomebodyElse_isNotReplaced() throws IOException {
        write("a cat");
        Files.writeString(folder.resolve("cats-0001.png"), "mine");

        CommandRun run = generate("--prompts=cats.txt");

        assertThat(run.err())
                .isEqualToNormalizingNewlines("wurstchen: cannot write " + folder.resolve("cats-0001.png")
                        + ": a file that is no picture of this program has the name; move it away, or give another --out\n");
        assertThat(run.exitCode()).isEqualTo(1);
        assertThat(folder.resolve("cats-0001.png")).hasContent("mine");
    }

    @Test
    void severalPicturesOfALine_haveSeedsInOrder() throws IOException {
        write("a cat");

        generate("--prompts=cats.txt", "--seed=5", "--pictures=2", "--out=c.jpg");

        assertThat(folder.toFile().list()).containsExactlyInAnyOrder("cats.txt", "c-0001-0.jpg", "c-0001-1.jpg");
        assertThat(CommandRun.of(folder, "show", "c-0001-1.jpg").out()).contains("seed:               6");
    }

    @Test
    void linesThatShowPrinted_areMadeAgain() throws IOException {
        String model = "--model=" + CommandRun.TINY_BUNDLE;
        CommandRun.of(folder, "generate", "a cat", "--seed=5", "--stage-c-timesteps=1,0.5,0", "--out=one.png", model);
        write(CommandRun.of(folder, "show", "one.png", "--json").out().strip());

        assertThat(CommandRun.of(folder, "generate", model, "--prompts=cats.txt").err()).isEmpty();

        assertThat(folder.resolve("cats-0001.png")).hasSameBinaryContentAs(folder.resolve("one.png"));
    }

    @Test
    void standardInput_isRead() {
        InputStream standardInput = System.in;
        System.setIn(new ByteArrayInputStream("a 猫\n".getBytes(StandardCharsets.UTF_8)));
        try {
            assertThat(generate("--prompts", "-").exitCode()).isZero();
        } finally {
            System.setIn(standardInput);
        }
        assertThat(Png.read(folder.resolve("wurstchen-0001.png")).text()).containsEntry("prompt", "a 猫");
    }

    @Test
    void json_isALineForEachPicture() throws IOException {
        write("a cat", "a \"dog\"");
        generate("--prompts=cats.txt", "--seed=5");
        Files.delete(folder.resolve("cats-0002.png"));

        List<String> lines = generate("--prompts=cats.txt", "--seed=5", "--json").out().lines().toList();

        assertThat(lines).hasSize(2);
        assertThat(lines.get(0)).startsWith("{\"file\":\"" + folder.resolve("cats-0001.png") + "\",\"made\":false,\"prompt\":\"a cat\",");
        assertThat(lines.get(1)).contains("\"made\":true,\"prompt\":\"a \\\"dog\\\"\",");
        assertThat(PictureMetadata.fromJson(lines.get(1)))
                .isEqualTo(PictureMetadata.fromText(Png.read(folder.resolve("cats-0002.png")).text()));
    }

    private void assertRefused(String line, String message) throws IOException {
        write("a cat", line);
        CommandRun run = generate("--prompts=cats.txt");
        assertThat(run.err())
                .isEqualToNormalizingNewlines(
                        "wurstchen: --prompts: " + folder.resolve("cats.txt") + ", line 2: " + message + "\nsee: wurstchen generate --help\n");
        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(folder.toFile().list()).containsExactly("cats.txt");
    }

    @Test
    void linesThatAreWrong_areRefusedBeforeAnythingIsMade() throws IOException {
        assertRefused(
                "{\"prompt\": \"a\", \"steps\": 3}",
                "unknown setting 'steps'; there are prompt, negative-prompt, seed, width, height, stage-c-steps, stage-c-timesteps, stage-c-guidance,"
                        + " stage-b-steps, stage-b-timesteps, stage-b-guidance, prompt-weights, long-prompts");
        assertRefused("{\"seed\": 3}", "no 'prompt'");
        assertRefused(
                "{\"prompt\": \"a (cat\", \"prompt-weights\": true}",
                "prompt weights, character 3 (a »(cat): '(' is never closed; write \\( for the character itself");
        assertRefused("{\"prompt\": \"a\", \"prompt-weights\": 1}", "setting 'prompt-weights' must be true or false, got '1'");
        assertRefused("{\"prompt\": \"a\", \"seed\": \"x\"}", "setting 'seed' must be a whole number from -2^63 to 2^64 - 1, got 'x'");
        assertRefused("{\"prompt\": \"a\", \"width\": 99999999999}", "setting 'width' must be a whole number, got '99999999999'");
        assertRefused("{\"prompt\": \"a\", \"stage-c-steps\": 0}", "stage C steps must be 1 to 1000, got 0");
        assertRefused("{\"prompt\": \"a\"", "not JSON: Unexpected end-of-input: expected close marker for Object at column 15 of '{\"prompt\": \"a\"'");
    }

    @Test
    void listWithoutPrompts_isAFailure() throws IOException {
        write("", " ");
        assertThat(generate("--prompts=cats.txt").err())
                .isEqualToNormalizingNewlines("wurstchen: no prompts in " + folder.resolve("cats.txt") + "; write one a line\n");
        Files.write(folder.resolve("cats.txt"), new byte[] {(byte) 0xff});
        assertThat(generate("--prompts=cats.txt").err())
                .isEqualToNormalizingNewlines("wurstchen: cannot read " + folder.resolve("cats.txt") + ": it is not UTF-8 text; convert it\n");
        assertThat(generate("--prompts=none.txt").err()).startsWith("wurstchen: cannot read " + folder.resolve("none.txt") + ": ");
    }
}
