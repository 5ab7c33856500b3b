package wurstchen.onnx;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import wurstchen.CascadeParts;
import wurstchen.PictureRequest;
import wurstchen.Wurstchen;
import wurstchen.image.Fit;
import wurstchen.image.Picture;
import wurstchen.image.PictureReader;
import wurstchen.progress.CascadeStage;
import wurstchen.progress.CompletedStep;
import wurstchen.progress.Previews;
import wurstchen.progress.RequestListener;
import wurstchen.progress.StepPreview;
import wurstchen.sampling.Guidance;
import wurstchen.sampling.NoiseSource;
import wurstchen.sampling.StepTable;
import wurstchen.sampling.Timesteps;
import wurstchen.stage.DenoisingRun;
import wurstchen.stage.HiddenStates;
import wurstchen.stage.Latents;
import wurstchen.stage.Pixels;
import wurstchen.stage.StageCLatents;

/** Pictures in and latents out with the model in the box, whose runs are bound to ONNX Runtime. */
class PicturesInModelTest {
    private static Wurstchen wurstchen;
    private static Picture picture;

    @BeforeAll
    static void open() {
        wurstchen = OnnxWurstchen.builder().model(ModelInTheBox.FOLDER).open();
        picture = PictureReader.create().read(Path.of("../docs/gallery/01.png"));
    }

    @AfterAll
    static void close() {
        wurstchen.close();
    }

    private static PictureRequest.Builder request() {
        return PictureRequest.builder("a red apple on a blue background").seed(7).stageCSteps(5).stageBSteps(2);
    }

    private static Picture made(PictureRequest.Builder request) {
        return wurstchen.generate(request.build()).first().picture();
    }

    @Test
    void strengthZero_isTheReconstruction_bitForBit() {
        Picture made = made(request().image(picture).strength(0));
        assertThat(made).isEqualTo(rebuilt());
        assertThat(meanDifference(made, picture)).as("levels that the compressor and Stages B and A lose").isBetween(0.5, 12.0);
    }

    private static Picture rebuilt() {
        CascadeParts parts = wurstchen.parts();
        NoiseSource noise = NoiseSource.seeded(7);
        for (int draw = 0; draw < 6; draw++) {
            noise.fill(new float[16 * 6 * 6]);
        }
        Guidance guidance = new Guidance(wurstchen.defaults().stageBGuidance());
        try (HiddenStates text = parts.textEncoderB()
                        .encode(List.of(
                                parts.tokenizerB().encode("a red apple on a blue background"), parts.tokenizerB().encode("")));
                Latents latents = parts.semanticCompressor().orElseThrow().encode(picture.toPixels());
                DenoisingRun run = parts.stageB().start(
                        text,
                        latents,
                        wurstchen.geometry().stageB(1, 256, 256),
                        StepTable.of(parts.scheduleB(), Timesteps.uniform(2)),
                        guidance,
                        noise)) {
            run.advance();
            run.advance();
            return Picture.fromPixels(parts.stageA().decode(run.latents())).get(0);
        }
    }

    private static double meanDifference(Picture one, Picture other) {
        byte[] levels = one.toBytes();
        byte[] otherLevels = other.toBytes();
        long sum = 0;
        for (int i = 0; i < levels.length; i++) {
            sum += Math.abs((levels[i] & 0xff) - (otherLevels[i] & 0xff));
        }
        return (double) sum / levels.length;
    }

    @Test
    void strengthOne_isThePromptAlone_bitForBit() {
        assertThat(made(request().image(picture).strength(1))).isEqualTo(made(request()));
    }

    @Test
    void emptyMask_isThePicture_andAFullOneThePromptAlone() {
        assertThat(made(request().image(picture).mask(mask(256)))).isEqualTo(picture);
        assertThat(made(request().image(picture).mask(mask(0)))).isEqualTo(made(request()));
    }

    /** Light from a column on. */
    private static Picture mask(int column) {
        float[] values = new float[3 * 256 * 256];
        for (int i = 0; i < values.length; i++) {
            values[i] = i % 256 >= column ? 1 : 0;
        }
        return Picture.fromPixels(new Pixels(1, 256, 256, values)).get(0);
    }

    @Test
    void outsideAMask_nothingChanges() {
        Picture made = made(request().image(picture).mask(mask(128)));
        int changed = 0;
        for (int i = 0; i < 256 * 256; i++) {
            if (i % 256 < 128) {
                assertThat(made.rgb(i % 256, i / 256)).isEqualTo(picture.rgb(i % 256, i / 256));
            } else if (made.rgb(i % 256, i / 256) != picture.rgb(i % 256, i / 256)) {
                changed++;
            }
        }
        assertThat(changed).isGreaterThan(128 * 256 / 2);
    }

    /** Replaced latents are those of odd and even steps, and of a batch. */
    @Test
    void masksInABatch_areThoseOfPicturesAlone() {
        List<Picture> together = new ArrayList<>();
        wurstchen.generate(request()
                        .image(picture)
                        .mask(mask(128))
                        .pictures(2)
                        .batchSize(2)
                        .consumer(made -> together.add(made.picture()))
                        .build());
        for (int i = 0; i < 2; i++) {
            Picture alone = made(request().image(picture).mask(mask(128)).seed(7 + i));
            assertThat(Golden.largestDifference(together.get(i), alone)).isLessThanOrEqualTo(1);
        }
    }

    @Test
    void savedLatents_goOn_bitForBit() {
        List<StageCLatents> saved = new ArrayList<>();
        Picture expected = made(request().listener(step -> {
            if (step.stage() == CascadeStage.STAGE_C) {
                saved.add(StageCLatents.copyOf(step.latents(), 0, step.steps() - step.step()));
            }
        }));
        for (StageCLatents latents : saved) {
            assertThat(made(request().startFrom(latents))).as("%s", latents).isEqualTo(expected);
        }
        StageCLatents last =
                wurstchen.generate(request().stopAfter(CascadeStage.STAGE_C).build()).stageCLatents().get(0);
        assertThat(last.toArray()).isEqualTo(saved.get(4).toArray());
        assertThat(last.notes()).containsEntry("model-sha256", sha256OfManifest());
    }

    /** The projection's mean errors on renders are 32 levels for Stage C (18.1 dB) and 6 for Stage B (32.8 dB). */
    @Test
    void previews_resembleThePicture() {
        List<StepPreview> previews = new ArrayList<>();
        Picture made = made(request().stageCSteps(20).previews(Previews.every(10)).listener(new RequestListener() {
            @Override
            public void onStep(CompletedStep step) {}

            @Override
            public void onPreview(StepPreview preview) {
                previews.add(preview);
            }
        }));
        assertThat(previews).extracting(StepPreview::step).containsExactly(10, 20, 2);
        for (StepPreview preview : previews) {
            Picture shown = preview.pictures().get(0);
            assertThat(shown.width()).isEqualTo(preview.stage() == CascadeStage.STAGE_C ? 48 : 64);
            assertThat(meanDifference(shown, made.resized(shown.width(), shown.height(), Fit.STRETCH, 0)))
                    .as("%s", preview)
                    .isLessThan(preview.stage() == CascadeStage.STAGE_C ? 40 : 8);
        }
    }

    private static String sha256OfManifest() {
        try (ModelBundle bundle = ModelBundle.open(ModelInTheBox.FOLDER)) {
            return bundle.manifestSha256();
        }
    }

    @Test
    void picturesOfOtherSizes_areRead() {
        Picture large = picture.resized(300, 500, Fit.PAD, 0x00ff00);
        Picture made = made(request().image(large).fit(Fit.CROP).strength(0));
        assertThat(meanDifference(made, large.resized(256, 256, Fit.CROP, 0))).isLessThan(12);
    }
}
