package wurstchen.onnx.family;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import wurstchen.PictureRequest;
import wurstchen.PictureResult;
import wurstchen.Wurstchen;
import wurstchen.image.Picture;
import wurstchen.onnx.Device;
import wurstchen.onnx.Golden;
import wurstchen.onnx.Internals;
import wurstchen.onnx.ModelBundle;
import wurstchen.onnx.ModelBundleException;
import wurstchen.onnx.OnnxStages;
import wurstchen.onnx.OnnxWurstchen;
import wurstchen.onnx.internal.binding.RecordingProvider;
import wurstchen.progress.CascadeStage;
import wurstchen.stage.EncodedPrompt;
import wurstchen.stage.ImageEncoder;
import wurstchen.stage.Transfers;

/** The tiny Stable Cascade against the reference. */
class StableCascadeTest {
    private static Wurstchen wurstchen;

    @BeforeAll
    static void open() {
        wurstchen = OnnxWurstchen.builder().model(CascadeGolden.BUNDLE).device(Device.cpu(2)).open();
    }

    @AfterAll
    static void close() {
        wurstchen.close();
    }

    static List<CascadeGolden.Case> cases() {
        return CascadeGolden.cases();
    }

    static List<CascadeGolden.Case> severalPictures() {
        return cases().stream()
                .filter(one -> one.pictures().size() > 1 && !one.toString().equals("two-image-variations"))
                .toList();
    }

    @ParameterizedTest
    @MethodSource("cases")
    void picture_isTheReferences(CascadeGolden.Case golden) {
        for (int i = 0; i < golden.pictures().size(); i++) {
            JsonNode expected = golden.pictures().get(i);
            Map<CascadeStage, float[]> latents = new EnumMap<>(CascadeStage.class);
            PictureResult result = wurstchen.generate(golden.request(i)
                    .listener(step -> latents.put(step.stage(), step.latents().toHost()))
                    .build());

            CascadeGolden.assertStageC(latents.get(CascadeStage.STAGE_C), expected);
            CascadeGolden.assertStageB(latents.get(CascadeStage.STAGE_B), expected);
            CascadeGolden.assertPicture(result.first().picture(), expected);
        }
    }

    @ParameterizedTest
    @MethodSource("severalPictures")
    void picturesAtATime_areTheReferences(CascadeGolden.Case golden) {
        PictureResult result = wurstchen.generate(golden.batch().build());

        for (int i = 0; i < golden.pictures().size(); i++) {
            CascadeGolden.assertPicture(result.pictures().get(i).picture(), golden.pictures().get(i));
        }
    }

    @Test
    void imageEncoder_seesWhatTheReferenceSees() {
        try (ModelBundle bundle = ModelBundle.open(CascadeGolden.BUNDLE);
                ImageEncoder encoder = OnnxStages.imageEncoder(bundle, Device.cpu())) {
            assertThat(CascadeGolden.imagePrompts()).hasSize(3).allSatisfy(prompt -> {
                Picture picture = CascadeGolden.picture(prompt.get("picture").textValue());

                float[] embedding = encoder.encode(picture.toPixels()).toArray();

                float[] expected = CascadeGolden.floats(prompt.get("image_embedding"));
                assertThat(embedding).hasSameSizeAs(expected);
                for (int i = 0; i < expected.length; i++) {
                    assertThat(embedding[i]).isCloseTo(expected[i], within(2e-5f));
                }
            });
        }
    }

    @Test
    void lowMemory_makesTheSamePicture() {
        CascadeGolden.Case golden = CascadeGolden.named("two-image-prompts");
        try (Wurstchen low = OnnxWurstchen.builder().model(CascadeGolden.BUNDLE).lowMemory(true).open()) {
            assertThat(low.generate(golden.request(0).build()).first().picture())
                    .isEqualTo(wurstchen.generate(golden.request(0).build()).first().picture());
        }
    }

    /** With the CPU in the place of a GPU that records steps, and counts what is copied. */
    @Test
    void recordedSteps_makeTheSamePicturesAndCopyNothing() {
        try (Wurstchen recorded = OnnxWurstchen.builder()
                .model(CascadeGolden.BUNDLE)
                .device(Internals.device(RecordingProvider.create()))
                .open()) {
            List<String> names = List.of(
                    "twenty-and-ten-steps", "two-image-prompts", "three-image-prompts", "unequal-skips", "stage-b-guided", "two-image-prompts");
            for (String name : names) {
                PictureRequest request = CascadeGolden.named(name).request(0).stageCSteps(20).stageBSteps(10).build();

                PictureResult result = recorded.generate(request);

                assertThat(result.transfers().duringSteps()).isEqualTo(Transfers.NONE);
                assertThat(result.transfers().total().bytesToDevice()).isPositive();
                assertThat(result.first().picture()).as(name).isEqualTo(wurstchen.generate(request).first().picture());
            }
        }
    }

    @Test
    void shareOfZero_isAPictureOfNothing() {
        PictureRequest.Builder request = CascadeGolden.named("image-prompt").request(0);
        Picture with = wurstchen.generate(request.build()).first().picture();
        Picture none = wurstchen.generate(request.imagePrompts(List.of()).build()).first().picture();
        Picture zero = wurstchen.generate(
                        request.imagePrompt(CascadeGolden.picture("wide.png"), 0).build())
                .first()
                .picture();

        assertThat(zero).isEqualTo(none).isNotEqualTo(with);
    }

    @Test
    void encodedPrompt_makesTheSamePicture() {
        for (String name : List.of("both-guided", "stage-b-guided", "unguided", "two-image-prompts")) {
            PictureRequest request = CascadeGolden.named(name).request(0).build();
            EncodedPrompt encoded =
                    wurstchen.generate(request.toBuilder().stopAfter(CascadeStage.TEXT).build()).encodedPrompts().get(0);

            Picture again = wurstchen.generate(request.toBuilder().encodedPrompt(encoded).build()).first().picture();

            assertThat(Golden.largestDifference(again, wurstchen.generate(request).first().picture())).isLessThanOrEqualTo(1);
        }
    }

    @Test
    void metadata_makesThePictureAgain() {
        PictureRequest request = CascadeGolden.named("image-variation").request(0).build();
        var made = wurstchen.generate(request).first();

        PictureRequest again = PictureRequest.from(made.metadata()).toBuilder().imagePrompts(request.imagePrompts()).build();

        assertThat(wurstchen.generate(again).first().picture()).isEqualTo(made.picture());
    }

    @Test
    void otherSize_namesTheNearest() {
        assertThatThrownBy(() -> wurstchen.generate(PictureRequest.builder("a cat").size(200, 128).build()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("width must be one of 128, 168, 256, 296, 384, 424 and so on, at most 4096, got 200; nearest: 168, 256");
    }

    @Test
    void bundleOfV2_takesNoImagePrompts() {
        PictureRequest request = CascadeGolden.named("image-prompt").request(0).build();
        try (Wurstchen v2 = OnnxWurstchen.builder().model(Golden.BUNDLE).open();
                ModelBundle bundle = ModelBundle.open(Golden.BUNDLE)) {
            assertThatThrownBy(() -> v2.generate(request))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("a request with image prompts needs an image encoder, which this model does not have; leave them out, or open a model"
                            + " of the family stable-cascade that has one");
            assertThatThrownBy(() -> OnnxStages.imageEncoder(bundle, Device.cpu()))
                    .isInstanceOf(ModelBundleException.class)
                    .hasMessage("model.json: graphs has no image_encoder: this model takes no image prompts; export one of the family"
                            + " stable-cascade with its image encoder");
        }
    }

    @Test
    void pictureWithoutCompressor_isRefused() {
        PictureRequest request =
                PictureRequest.builder("a cat").size(128, 128).image(CascadeGolden.picture("wide.png")).strength(0.5f).build();

        assertThatThrownBy(() -> wurstchen.generate(request))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("a request with a picture needs a semantic compressor, which this model does not have; open a model that has one");
    }

    @Test
    void tensorsOfEachStage_areListed() {
        List<String> encoders = new ArrayList<>();
        try (ModelBundle bundle = ModelBundle.open(CascadeGolden.BUNDLE)) {
            encoders.addAll(bundle.manifest().graphs().keySet());
            assertThat(bundle.manifest().tokenizers().stageB()).isEqualTo(bundle.manifest().tokenizers().stageC());
            assertThat(bundle.manifest().imagePrompts().orElseThrow().crop()).isEqualTo(28);
        }
        assertThat(encoders).contains("text_encoder", "image_encoder").doesNotContain("text_encoder_b");
    }
}
