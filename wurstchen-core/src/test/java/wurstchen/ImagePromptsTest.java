package wurstchen;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import wurstchen.fixtures.FormulaStages;
import wurstchen.fixtures.LetterTokenizer;
import wurstchen.image.ImagePrompt;
import wurstchen.image.Picture;
import wurstchen.progress.CascadeStage;
import wurstchen.sampling.Guidance;
import wurstchen.sampling.NoiseSource;
import wurstchen.sampling.StepTable;
import wurstchen.stage.DenoisingRun;
import wurstchen.stage.HiddenStates;
import wurstchen.stage.ImageEmbeddings;
import wurstchen.stage.ImageEncoder;
import wurstchen.stage.LatentShape;
import wurstchen.stage.Pixels;
import wurstchen.stage.StageC;
import wurstchen.text.ClipTokenizer;

/** Image prompts and shared text encoders: what reaches Stage C and Stage B, whatever they compute. */
class ImagePromptsTest {
    private final FormulaStages stages = new FormulaStages();
    private final List<ImageEmbeddings> seen = new ArrayList<>();

    /** A Stage C that notes its image prompts. */
    private final class Listening implements StageC {
        @Override
        public DenoisingRun start(HiddenStates text, LatentShape shape, StepTable steps, Guidance guidance, NoiseSource noise) {
            throw new AssertionError("asked without image prompts");
        }

        @Override
        public DenoisingRun start(
                HiddenStates text, ImageEmbeddings images, LatentShape shape, StepTable steps, Guidance guidance, NoiseSource noise) {
            seen.add(images);
            return stages.start(text, shape, steps, guidance, noise);
        }

        @Override
        public void close() {
            stages.close();
        }
    }

    /** Gives the first pixel of each picture. */
    private static final class FirstPixel implements ImageEncoder {
        @Override
        public ImageEmbeddings encode(Pixels pixels) {
            int plane = pixels.height() * pixels.width();
            return ImageEmbeddings.of(3, new float[] {pixels.values()[0], pixels.values()[plane], pixels.values()[2 * plane]});
        }

        @Override
        public void close() {
            // Nothing is held.
        }
    }

    private Wurstchen pipeline() {
        return stages.pipeline().stages(new Listening(), stages, stages).imageEncoder(new FirstPixel()).build();
    }

    private static Picture filled(float red, float green, float blue) {
        return Picture.fromPixels(new Pixels(1, 1, 1, new float[] {red, green, blue})).get(0);
    }

    @Test
    void imagePrompts_reachStageCWithTheirShares() {
        PictureRequest request = PictureRequest.builder("ab")
                .imagePrompt(filled(1, 0, 1))
                .imagePrompt(filled(0, 1, 1), -0.5f)
                .pictures(2)
                .build();

        pipeline().generate(request);

        ImageEmbeddings expected = ImageEmbeddings.of(3, new float[] {1, 0, 1, -0.0f, -0.5f, -0.5f});
        assertThat(seen).containsExactly(expected, expected);
    }

    @Test
    void requestWithoutImagePrompts_hasNone() {
        pipeline().generate("ab");

        assertThat(seen).containsExactly(ImageEmbeddings.none());
    }

    @Test
    void modelWithoutImageEncoder_refusesImagePrompts() {
        PictureRequest request = PictureRequest.builder("ab").imagePrompts(List.of(new ImagePrompt(filled(1, 0, 1), 1))).build();

        assertThatThrownBy(() -> stages.pipeline().build().generate(request))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("a request with image prompts needs an image encoder, which this model does not have; leave them out, or open a model"
                        + " of the family stable-cascade that has one");
    }

    @Test
    void stageThatTakesNone_refusesImagePrompts() {
        Wurstchen wurstchen = stages.pipeline().imageEncoder(new FirstPixel()).build();

        assertThatThrownBy(() -> wurstchen.generate(PictureRequest.builder("ab").imagePrompt(filled(1, 0, 1)).build()))
                .isInstanceOf(RequestFailedException.class)
                .hasRootCauseMessage("this Stage C takes no image prompts, got ImageEmbeddings[1, 3]; leave them out, or open a model that takes them");
    }

    @Test
    void settings_nameImagePromptsByTheirHashes() {
        PictureRequest request = PictureRequest.builder("ab").imagePrompt(filled(1, 0, 1)).imagePrompt(filled(0, 1, 1), 0.5f).build();
        PictureSettings settings = pipeline().generate(request).first().metadata().settings();
        String first = filled(1, 0, 1).sha256();
        String second = filled(0, 1, 1).sha256();

        assertThat(settings.toText())
                .containsEntry("image-prompt-sha256", first + ", " + second)
                .containsEntry("image-prompt-shares", "1.0, 0.5");
        PictureRequest read = PictureSettings.fromText(settings.toText()).toRequest();
        assertThat(PictureSettings.fromText(settings.toText())).isEqualTo(settings);
        assertThatThrownBy(() -> pipeline().generate(read))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("settings name an image prompt by its SHA-256 " + first + " but do not hold it: set it with imagePrompts(...)");
        assertThat(pipeline().generate(read.toBuilder().imagePrompts(request.imagePrompts()).build()).first().picture())
                .isEqualTo(pipeline().generate(request.toBuilder().seed(settings.seed()).build()).first().picture());
    }

    @Test
    void shareThatIsNotFinite_isRefused() {
        assertThatThrownBy(() -> PictureRequest.builder("ab").imagePrompt(filled(1, 0, 1), Float.NaN))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("the share of an image prompt must be finite, got NaN");
    }

    @Test
    void sharedTextEncoder_encodesOnceForBothStages() {
        ClipTokenizer tokenizer = LetterTokenizer.create(6);
        Wurstchen shared = stages.pipeline().textEncoder(tokenizer, stages).build();
        PictureRequest request = PictureRequest.builder("abcab").negativePrompt("ca").seed(3).build();

        for (float[] guidance : new float[][] {{4, 0}, {0, 4}, {4, 4}, {0, 0}}) {
            PictureRequest guided = request.toBuilder().stageCGuidance(guidance[0]).stageBGuidance(guidance[1]).build();
            stages.clearCalls();
            PictureResult result = shared.generate(guided);

            assertThat(stages.calls()).filteredOn(call -> call.startsWith("encode")).containsExactly("encode " + (guidance[0] + guidance[1] > 0 ? 2 : 1));
            assertThat(result.droppedTexts()).containsExactly(new DroppedText(CascadeStage.STAGE_C, "abcab", "b"));
            Picture apart = stages.pipeline().tokenizers(tokenizer, LetterTokenizer.create(6)).build().generate(guided).first().picture();
            assertThat(result.first().picture()).isEqualTo(apart);
        }
    }
}
