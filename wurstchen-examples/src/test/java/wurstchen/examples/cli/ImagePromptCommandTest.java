package wurstchen.examples.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import wurstchen.PictureRequest;
import wurstchen.Wurstchen;
import wurstchen.image.PictureReader;
import wurstchen.image.Png;
import wurstchen.onnx.OnnxWurstchen;
import wurstchen.sampling.Timesteps;

/** {@code generate --image-prompt}, with the tiny Stable Cascade. */
final class ImagePromptCommandTest {
    private static final Path BUNDLE = Path.of("../wurstchen-onnx/src/test/resources/tiny-cascade-bundle");
    private static final Path PICTURES = Path.of("../wurstchen-onnx/src/test/resources/golden-cascade").toAbsolutePath();

    @TempDir
    private Path folder;

    private CommandRun generate(String... more) {
        String[] args = new String[more.length + 6];
        System.arraycopy(new String[] {"generate", "a cat", "--model=" + BUNDLE, "--seed=21", "--out", "made.png"}, 0, args, 0, 6);
        System.arraycopy(more, 0, args, 6, more.length);
        return CommandRun.of(folder, args);
    }

    @Test
    void imagePrompts_makeThePictureOfTheRequest() {
        String wide = PICTURES.resolve("wide.png").toString();
        String tall = PICTURES.resolve("tall.png").toString();

        CommandRun run = generate("--image-prompt", wide, "--image-prompt=" + tall, "--image-prompt-share=1", "--image-prompt-share=-0.5");

        assertThat(run.err()).isEmpty();
        PictureReader reader = PictureReader.create();
        try (Wurstchen wurstchen = OnnxWurstchen.builder().model(BUNDLE).open()) {
            PictureRequest request = PictureRequest.builder("a cat")
                    .seed(21)
                    .imagePrompt(reader.read(Path.of(wide)))
                    .imagePrompt(reader.read(Path.of(tall)), -0.5f)
                    .build();
            assertThat(reader.read(folder.resolve("made.png"))).isEqualTo(wurstchen.generate(request).first().picture());
        }
        String first = reader.read(Path.of(wide)).sha256().substring(0, 12);
        String second = reader.read(Path.of(tall)).sha256().substring(0, 12);
        assertThat(CommandRun.of(folder, "show", folder.resolve("made.png").toString()).out())
                .contains("--image-prompt FILE-OF-" + first + " --image-prompt FILE-OF-" + second
                        + " --image-prompt-share=1.0 --image-prompt-share=-0.5");
    }

    @Test
    void shiftedTimesteps_areTheLibrarys() {
        CommandRun run = generate("--stage-c-timesteps", "shifted:3:2");

        assertThat(run.err()).isEmpty();
        String list = Png.read(folder.resolve("made.png")).text().get("stage-c-timesteps");
        assertThat("[" + list + "]").isEqualTo(Arrays.toString(Timesteps.shifted(3, 2).toArray()));
    }

    @Test
    void wrongUsage_isOneLine() {
        String wide = PICTURES.resolve("wide.png").toString();

        assertThat(generate("--image-prompt", wide, "--image-prompt-share=1", "--image-prompt-share=2").err().lines().findFirst())
                .contains("wurstchen: --image-prompt-share: expected one for each --image-prompt, got 2 for 1; leave all out for 1");
        assertThat(generate("--image-prompt", wide, "--image-prompt-share=NaN").err().lines().findFirst())
                .contains("wurstchen: --image-prompt-share: the share of an image prompt must be finite, got NaN");
        assertThat(generate("--stage-c-timesteps=shifted:20").err().lines().findFirst())
                .contains("wurstchen: Invalid value for option '--stage-c-timesteps': expected shifted:STEPS:SHIFT, such as shifted:20:2, got 'shifted:20'");
        assertThat(CommandRun.generateTiny(folder, "a cat", "--image-prompt", wide).err().lines().findFirst())
                .contains("wurstchen: a request with image prompts needs an image encoder, which this model does not have; leave them out, or open a"
                        + " model of the family stable-cascade that has one");
    }

    @Test
    void model_saysWhetherItTakesThem() {
        assertThat(CommandRun.of(folder, "model", BUNDLE.toString()).out().lines())
                .contains("family:          stable-cascade", "image prompts:   yes, of which a square of 28 px is seen");
        assertThat(CommandRun.of(folder, "model", CommandRun.TINY_BUNDLE.toString()).out().lines()).contains("image prompts:   none");
    }
}
