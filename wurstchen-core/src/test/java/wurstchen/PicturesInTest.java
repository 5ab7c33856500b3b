package wurstchen;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static wurstchen.Distances.distance;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import wurstchen.fixtures.FormulaStages;
import wurstchen.image.Fit;
import wurstchen.image.Picture;
import wurstchen.progress.CascadeStage;
import wurstchen.sampling.NoiseSource;
import wurstchen.sampling.StepTable;
import wurstchen.sampling.Timesteps;
import wurstchen.stage.DenoisingRun;
import wurstchen.stage.HiddenStates;
import wurstchen.stage.LatentShape;
import wurstchen.stage.Latents;
import wurstchen.stage.Pixels;

/** Requests that begin with a picture: what must hold whatever the stages compute. */
class PicturesInTest {
    private static final int WIDTH = 256;
    private static final int HEIGHT = 128;

    private final FormulaStages stages = new FormulaStages();
    private final Wurstchen wurstchen = stages.pipeline().build();

    /** Colours that differ from pixel to pixel. */
    private static Picture picture(int number) {
        float[] values = new float[3 * WIDTH * HEIGHT];
        for (int i = 0; i < values.length; i++) {
            values[i] = 0.5f + 0.5f * (float) Math.sin(i * 0.01 * number + number);
        }
        return Picture.fromPixels(new Pixels(1, HEIGHT, WIDTH, values)).get(0);
    }

    /** Light from a column on. */
    private static Picture mask(int firstColumn) {
        float[] values = new float[3 * WIDTH * HEIGHT];
        for (int i = 0; i < values.length; i++) {
            values[i] = i % WIDTH >= firstColumn ? 1 : 0;
        }
        return Picture.fromPixels(new Pixels(1, HEIGHT, WIDTH, values)).get(0);
    }

    private static PictureRequest.Builder request() {
        return PictureRequest.builder("ab").negativePrompt("c").seed(7).stageCSteps(5);
    }

    private Picture made(PictureRequest.Builder request) {
        return wurstchen.generate(request.build()).first().picture();
    }

    @Test
    void strengthZero_isTheReconstruction_bitForBit() {
        Picture made = made(request().image(picture(1)).strength(0));

        assertThat(stages.calls())
                .containsExactly("compress [1, 16, 3, 6]", "encode 1", "start B [1, 4, 32, 64] from [1, 16, 3, 6]", "decode [1, 4, 32, 64]");
        assertThat(made).isEqualTo(rebuilt(picture(1)));
    }

    /** By hand: the compressor, then Stage B with the noise that comes after Stage C's five steps and first draw, then Stage A. */
    private Picture rebuilt(Picture picture) {
        CascadeParts parts = wurstchen.parts();
        NoiseSource noise = NoiseSource.seeded(7);
        float[] draw = new float[16 * 3 * 6];
        for (int i = 0; i < 6; i++) {
            noise.fill(draw);
        }
        PictureSettings settings = request().build().settings(FormulaStages.DEFAULTS);
        try (HiddenStates text = parts.textEncoderB().encode(List.of(parts.tokenizerB().encode("ab")));
                Latents latents = parts.semanticCompressor().orElseThrow().encode(picture.toPixels());
                DenoisingRun run = parts.stageB().start(
                        text,
                        latents,
                        new LatentShape(1, 4, 32, 64),
                        StepTable.of(parts.scheduleB(), settings.stageBTimesteps()),
                        settings.stageBGuidance(),
                        noise)) {
            run.advance();
            run.advance();
            return Picture.fromPixels(parts.stageA().decode(run.latents())).get(0);
        }
    }

    @Test
    void strengthOne_isThePromptAlone_bitForBit() {
        assertThat(made(request().image(picture(1)).strength(1))).isEqualTo(made(request()));
    }

    @Test
    void strengthBetween_noisesThePictureAndDenoisesTheRest() {
        float[] made = latents(request().image(picture(1)).strength(0.5f));

        // Of 1, 0.8, 0.6, 0.4, 0.2, 0 those below 0.5 are left; the draws of the steps that are left out are skipped.
        CascadeParts parts = wurstchen.parts();
        NoiseSource noise = NoiseSource.seeded(7);
        float[] pure = new float[16 * 3 * 6];
        noise.fill(pure);
        for (int i = 0; i < 2; i++) {
            noise.fill(new float[pure.length]);
        }
        float[] noised = new float[pure.length];
        try (Latents latents = parts.semanticCompressor().orElseThrow().encode(picture(1).toPixels())) {
            float[] clean = latents.toHost();
            float alphaCumprod = parts.scheduleC().alphaCumprod(0.5f);
            for (int i = 0; i < noised.length; i++) {
                noised[i] = (float) Math.sqrt(alphaCumprod) * clean[i] + (float) Math.sqrt(1 - alphaCumprod) * pure[i];
            }
        }
        Timesteps all = Timesteps.uniform(5);
        assertThat(made).isEqualTo(denoised(Timesteps.of(0.5f, all.ratio(3), all.ratio(4), 0), noised, noise));
    }

    private float[] denoised(Timesteps timesteps, float[] first, NoiseSource rest) {
        CascadeParts parts = wurstchen.parts();
        boolean[] begun = new boolean[1];
        NoiseSource noise = destination -> {
            if (begun[0]) {
                rest.fill(destination);
            } else {
                begun[0] = true;
                System.arraycopy(first, 0, destination, 0, first.length);
            }
        };
        try (HiddenStates text = parts.textEncoderC().encode(List.of(parts.tokenizerC().encode("ab"), parts.tokenizerC().encode("c")));
                DenoisingRun run = parts.stageC().start(
                        text,
                        new LatentShape(1, 16, 3, 6),
                        StepTable.of(parts.scheduleC(), timesteps),
                        request().build().settings(FormulaStages.DEFAULTS).stageCGuidance(),
                        noise)) {
            while (run.stepsDone() < run.steps()) {
                run.advance();
            }
            return run.latents().toHost();
        }
    }

    private float[] latents(PictureRequest.Builder request) {
        return wurstchen.generate(request.stopAfter(CascadeStage.STAGE_C).build()).stageCLatents().get(0).toArray();
    }

    @Test
    void strengths_changeThePictureMoreAndMore() {
        float[] clean = latents(request().image(picture(1)).strength(0));
        double before = 0;
        for (float strength : new float[] {0.1f, 0.3f, 0.5f, 0.7f, 0.9f}) {
            double distance = distance(latents(request().image(picture(1)).strength(strength)), clean);
            assertThat(distance).as("at strength %s", strength).isGreaterThan(before);
            before = distance;
        }
    }

    @Test
    void variations_areThePicturesOfTheirSeeds() {
        List<GeneratedPicture> together = wurstchen.generate(request().image(picture(1)).pictures(3).batchSize(2).build()).pictures();
        for (int i = 0; i < 3; i++) {
            assertThat(together.get(i).picture()).isEqualTo(made(request().image(picture(1)).seed(7 + i)));
            assertThat(together.get(i).settings().strength()).as("the default").hasValue(0.6f);
        }
        assertThat(together.get(0).picture()).isNotEqualTo(together.get(1).picture());
    }

    @Test
    void emptyMask_isThePicture_bitForBit() {
        assertThat(made(request().image(picture(1)).mask(mask(WIDTH)))).isEqualTo(picture(1));
    }

    @Test
    void fullMask_isTheRequestWithout() {
        assertThat(made(request().image(picture(1)).mask(mask(0)))).as("strength 1 by default").isEqualTo(made(request()));
        assertThat(made(request().image(picture(1)).mask(mask(0)).strength(0.5f)))
                .isEqualTo(made(request().image(picture(1)).strength(0.5f)));
    }

    @ParameterizedTest
    @ValueSource(floats = {0, 0.5f, 1})
    void outsideAMask_nothingChanges_inside_itDoes(float strength) {
        Picture original = picture(1);
        Picture made = made(request().image(original).mask(mask(100)).strength(strength));
        int different = 0;
        for (int i = 0; i < WIDTH * HEIGHT; i++) {
            int x = i % WIDTH;
            int y = i / WIDTH;
            if (x < 100) {
                assertThat(made.rgb(x, y)).as("at %s, %s", x, y).isEqualTo(original.rgb(x, y));
            } else if (made.rgb(x, y) != original.rgb(x, y)) {
                different++;
            }
        }
        assertThat(different).isGreaterThan(HEIGHT * (WIDTH - 100) / 2);
    }

    @Test
    void knownCells_areTheCleanOnesAfterTheLastStep_andNoisedBefore() {
        List<float[]> after = new ArrayList<>();
        wurstchen.generate(request()
                .image(picture(1))
                .mask(mask(WIDTH / 2))
                .listener(step -> {
                    if (step.stage() == CascadeStage.STAGE_C) {
                        after.add(step.latents().toHost());
                    }
                })
                .build());
        float[] clean = latents(request().image(picture(1)).strength(0));
        float[] pure = new float[clean.length];
        NoiseSource.seeded(7).fill(pure);
        Timesteps all = Timesteps.uniform(5);
        assertThat(after).hasSize(5);
        for (int step = 1; step <= 5; step++) {
            float alphaCumprod = wurstchen.parts().scheduleC().alphaCumprod(all.ratio(step));
            for (int i = 0; i < clean.length; i++) {
                float known = step == 5
                        ? clean[i]
                        : (float) Math.sqrt(alphaCumprod) * clean[i] + (float) Math.sqrt(1 - alphaCumprod) * pure[i];
                boolean painted = i % 6 >= 3;
                assertThat(after.get(step - 1)[i] == known).as("value %s after step %s is known", i, step).isEqualTo(!painted);
            }
        }
    }

    @Test
    void otherSizes_areFitted_withTheirMasks() {
        Picture wide = picture(1).resized(512, 128, Fit.STRETCH, 0);
        Picture wideMask = mask(100).resized(512, 128, Fit.STRETCH, 0);
        for (Fit fit : Fit.values()) {
            assertThat(made(request().image(wide).mask(wideMask).fit(fit)))
                    .isEqualTo(made(request()
                            .image(wide.resized(WIDTH, HEIGHT, fit, 0xffffff))
                            .mask(wideMask.resized(WIDTH, HEIGHT, fit, 0))));
        }
    }

    @Test
    void readFromAPng_settingsNameThePicture_whichMustBeGivenAgain() {
        GeneratedPicture made = wurstchen.generate(request().image(picture(1)).mask(mask(99)).fit(Fit.PAD).strength(0.7f).build()).first();
        PictureSettings read = PictureSettings.fromText(made.settings().toText());

        assertThat(read).isEqualTo(made.settings());
        assertThat(read.toText())
                .containsEntry("image-sha256", picture(1).sha256())
                .containsEntry("mask-sha256", mask(99).sha256())
                .containsEntry("strength", "0.7")
                .containsEntry("fit", "pad");
        assertThatThrownBy(() -> wurstchen.generate(read.toRequest()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("settings name a picture by its SHA-256 " + picture(1).sha256()
                        + " but do not hold it: set it with image(...)");
        assertThat(made(read.toRequest().toBuilder().image(picture(1)).mask(mask(99)))).isEqualTo(made.picture());
    }

    @Test
    void badValues_areRefused() {
        assertThatThrownBy(() -> request().strength(1.5f))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("strength must be 0 to 1, got 1.5");
        assertThatThrownBy(() -> request().strength(Float.NaN))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("strength must be 0 to 1, got NaN");
        assertThatThrownBy(() -> request().strength(0.5f).build())
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("a strength needs an image: set one, or no strength");
        assertThatThrownBy(() -> request().mask(mask(1)).build())
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("a mask needs an image: set one, or no mask");
        assertThatThrownBy(() -> request().stopAfter(CascadeStage.STAGE_B))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("a request can stop after Text, Stage C or Stage A, got Stage B");
    }

    @Test
    void modelWithoutACompressor_isRefusedAtOnce() {
        Wurstchen.Builder builder = stages.pipeline();
        builder.semanticCompressor = null;
        try (Wurstchen without = builder.build()) {
            PictureRequest request = request().image(picture(1)).build();
            assertThatThrownBy(() -> without.generate(request))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("a request with a picture needs a semantic compressor, which this model does not have; open a model that has one");
            assertThat(stages.calls()).isEmpty();
        }
    }

    @Test
    void requests_areEqualIfTheirPicturesAre() {
        assertThat(request().image(picture(1)).build()).isEqualTo(request().image(picture(1)).build());
        assertThat(request().image(picture(1)).build()).isNotEqualTo(request().image(picture(2)).build());
        assertThat(request().image(picture(1)).build().image()).hasValue(picture(1));
    }
}
