package wurstchen.examples.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import wurstchen.image.Picture;
import wurstchen.image.Png;
import wurstchen.image.PictureReader;
import wurstchen.stage.Pixels;

/** Commands that begin with pictures, with the model in the box and few steps. */
final class PictureCommandsTest {
    @TempDir
    private Path folder;

    @BeforeEach
    void copyPictures() throws IOException {
        Files.copy(Path.of("../docs/gallery/01.png"), folder.resolve("a.png"));
        Files.copy(Path.of("../docs/gallery/02.png"), folder.resolve("b.png"));
    }

    private CommandRun run(String... args) {
        List<String> all = new ArrayList<>(List.of(args));
        all.addAll(List.of("--stage-c-steps=3", "--stage-b-steps=1"));
        return CommandRun.of(folder, all.toArray(String[]::new));
    }

    private void succeed(String... args) {
        CommandRun run = run(args);
        // A busy machine makes a job long, and long jobs say how far they are.
        assertThat(run.err().lines().filter(line -> !line.matches("wurstchen: [0-9.]+ % after [0-9]+ s, in .*"))).isEmpty();
        assertThat(run.exitCode()).isZero();
    }

    private Picture picture(String file) {
        return PictureReader.create().read(folder.resolve(file));
    }

    @Test
    void reconstruct_isGenerateWithStrengthZero() {
        succeed("reconstruct", "a.png", "--seed=7", "--out=one.png");
        succeed("generate", "", "--image=a.png", "--strength=0", "--seed=7", "--out=two.png");

        assertThat(folder.resolve("one.png")).hasSameBinaryContentAs(folder.resolve("two.png"));
        assertThat(Png.read(folder.resolve("one.png")).text())
                .containsEntry("image-sha256", picture("a.png").sha256())
                .containsEntry("strength", "0.0");
    }

    @Test
    void vary_makesFourOfOneSeedEach() {
        succeed("vary", "a.png", "--prompt=a red apple", "--strength=0.5", "--seed=7", "--out=v.png");
        succeed("generate", "a red apple", "--image=a.png", "--strength=0.5", "--seed=9", "--out=alone.png");

        assertThat(folder.resolve("v-3.png")).exists();
        assertThat(folder.resolve("v-4.png")).doesNotExist();
        assertThat(folder.resolve("v-2.png")).hasSameBinaryContentAs(folder.resolve("alone.png"));
    }

    @Test
    void blend_goesFromOneToTheOther() {
        succeed("blend", "a.png", "b.png", "--pictures=3", "--seed=7", "--out=c.png");
        succeed("reconstruct", "a.png", "--seed=7", "--out=first.png");
        succeed("reconstruct", "b.png", "--seed=7", "--out=last.png");

        assertThat(folder.resolve("c-0.png")).hasSameBinaryContentAs(folder.resolve("first.png"));
        assertThat(folder.resolve("c-2.png")).hasSameBinaryContentAs(folder.resolve("last.png"));
        assertThat(Png.read(folder.resolve("c-1.png")).text())
                .containsEntry("blend-share", "0.5")
                .containsEntry("blend-image-sha256", picture("b.png").sha256());
        assertThat(CommandRun.of(folder, "show", "c-1.png").out())
                .contains("no command makes it again: it lies between two others, which wurstchen blend takes")
                .doesNotContain("wurstchen generate");
    }

    @Test
    void inpaint_leavesTheRestAsItIs() {
        float[] values = new float[3 * 256 * 256];
        for (int i = 0; i < values.length; i++) {
            values[i] = i % 256 >= 128 ? 1 : 0;
        }
        new Png(Picture.fromPixels(new Pixels(1, 256, 256, values)).get(0), Map.of()).write(folder.resolve("mask.png"));

        succeed("inpaint", "a.png", "--mask=mask.png", "--prompt=a pear", "--out=c.png");

        Picture original = picture("a.png");
        Picture made = picture("c.png");
        int changed = 0;
        for (int i = 0; i < 256 * 256; i++) {
            boolean equal = made.rgb(i % 256, i / 256) == original.rgb(i % 256, i / 256);
            assertThat(equal || i % 256 >= 128).as("pixel %s may differ", i).isTrue();
            changed += equal ? 0 : 1;
        }
        assertThat(changed).isGreaterThan(128 * 128);
    }

    @Test
    void show_namesThePicture() {
        succeed("generate", "a pear", "--image=a.png", "--strength=0.5", "--seed=7", "--fit=pad", "--out=c.png");
        CommandRun shown = CommandRun.of(folder, "show", "c.png");

        assertThat(shown.out())
                .contains("--image FILE-OF-" + picture("a.png").sha256().substring(0, 12) + " --strength 0.5 --fit pad");
    }

    @Test
    void wrongUsage_isSaid() throws IOException {
        Files.writeString(folder.resolve("text.png"), "text", StandardCharsets.US_ASCII);
        assertWrong("wurstchen: --strength needs a picture: give one with --image FILE", 2, "generate", "a", "--strength=0.5");
        assertWrong("wurstchen: --mask needs a picture: give one with --image FILE", 2, "generate", "a", "--mask=a.png");
        assertWrong("wurstchen: --strength: strength must be 0 to 1, got 2.0", 2, "vary", "a.png", "--strength=2");
        assertWrong(
                "wurstchen: --background: expected a colour of six hexadecimal digits, such as 0000ff, got 'red'",
                2,
                "vary",
                "a.png",
                "--background=red");
        assertWrong("wurstchen: --pictures: a series has 2 to 10000 pictures, got 1", 2, "blend", "a.png", "b.png", "--pictures=1");
        assertWrong(
                "wurstchen: cannot read " + folder.resolve("text.png") + ": IOException (not a picture that can be read (unknown): give one of "
                        + "BMP, GIF, JPEG, PAM, PBM, PGM, PNG, PPM, TIFF)",
                1,
                "reconstruct",
                "text.png");
        assertWrong(
                "wurstchen: a request with a picture needs a semantic compressor, which this model does not have; open a model that has one",
                2,
                "reconstruct",
                "a.png",
                "--model=" + CommandRun.TINY_BUNDLE);
    }

    private void assertWrong(String message, int exitCode, String... args) {
        CommandRun run = run(args);
        assertThat(run.err().lines().findFirst()).hasValue(message);
        assertThat(run.exitCode()).isEqualTo(exitCode);
    }
}
