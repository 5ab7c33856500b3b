package wurstchen.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import wurstchen.examples.cli.CommandRun;
import wurstchen.image.Picture;
import wurstchen.image.Png;

/** Every example program runs, with the model in the box. */
final class ExamplesTest {
    private final PrintStream standardOutput = System.out;
    private final ByteArrayOutputStream printed = new ByteArrayOutputStream();

    @TempDir
    private Path folder;

    @BeforeEach
    void capture() {
        System.setOut(new PrintStream(printed, true, StandardCharsets.UTF_8));
    }

    @AfterEach
    void release() {
        System.setOut(standardOutput);
    }

    private List<String> lines() {
        return printed.toString(StandardCharsets.UTF_8).lines().toList();
    }

    @Test
    void onePicture_writesIt() {
        OnePicture.main(folder.resolve("one.png").toString());

        assertThat(Png.read(folder.resolve("one.png")).text()).containsEntry("seed", "42");
    }

    @Test
    void manySeeds_writesAPictureForEach() {
        ManySeeds.main(folder.toString());

        assertThat(folder.toFile().list())
                .containsExactlyInAnyOrder("car-seed-7.png", "car-seed-8.png", "car-seed-9.png", "car-seed-10.png");
    }

    @Test
    void stageByStage_printsEveryShapeAndMakesThePipelinesPicture() throws IOException {
        StageByStage.main(folder.resolve("stages.png").toString());
        CommandRun.of(
                folder, "generate", "a yellow star", "--seed=42", "--width=256", "--height=256", "--stage-c-steps=60",
                "--stage-c-guidance=4", "--stage-b-steps=12", "--stage-b-guidance=0", "--out=pipeline.png");

        assertThat(lines().get(0)).isEqualTo("token ids [1, 77]");
        assertThat(lines().get(1)).matches("Stage C hidden states \\[2, 77, \\d+]");
        assertThat(lines().get(2)).isEqualTo("Stage C latents [1, 16, 6, 6]");
        assertThat(lines().get(3)).matches("Stage B hidden states \\[1, 77, \\d+]");
        assertThat(lines().subList(4, lines().size())).containsExactly("Stage B latents [1, 4, 64, 64]", "pixels [1, 3, 256, 256]");
        assertThat(pictureAt("stages.png")).isEqualTo(pictureAt("pipeline.png"));
    }

    private Picture pictureAt(String name) throws IOException {
        return Picture.fromImage(ImageIO.read(folder.resolve(name).toFile()));
    }

    @Test
    void watchSteps_printsEveryStep() {
        WatchSteps.main();

        assertThat(lines())
                .hasSizeGreaterThan(2)
                .allMatch(line -> line.matches("Stage [BC], step \\d+ of \\d+: latents \\[1, \\d+, \\d+, \\d+] spread \\d+\\.\\d{3}"));
    }
}
