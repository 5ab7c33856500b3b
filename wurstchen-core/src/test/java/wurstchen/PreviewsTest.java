package wurstchen;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import wurstchen.fixtures.FormulaStages;
import wurstchen.image.LatentProjection;
import wurstchen.image.Picture;
import wurstchen.progress.CascadeStage;
import wurstchen.progress.CompletedStep;
import wurstchen.progress.Previews;
import wurstchen.progress.RequestListener;
import wurstchen.progress.StageProgress;
import wurstchen.progress.StepPreview;

/** Previews of the latents that a step predicts. */
class PreviewsTest {
    private final FormulaStages stages = new FormulaStages();
    private final Heard heard = new Heard();

    private static class Heard implements RequestListener {
        private final List<String> events = new ArrayList<>();
        private final List<StepPreview> previews = new ArrayList<>();

        @Override
        public void onStep(CompletedStep step) {
            events.add(step.stage() + " " + step.step());
        }

        @Override
        public void onPreview(StepPreview preview) {
            events.add("preview " + preview.stage() + " " + preview.step() + "/" + preview.steps());
            previews.add(preview);
        }
    }

    /** Shows the first three channels of the cell itself as colours, halved around grey. */
    private static LatentProjection projection(int channels) {
        float[] weight = new float[3 * channels * 9];
        for (int colour = 0; colour < 3; colour++) {
            weight[colour * channels * 9 + colour * 9 + 4] = 0.05f;
        }
        return new LatentProjection(channels, 1, weight, new float[] {0.5f, 0.5f, 0.5f});
    }

    private Wurstchen open() {
        return stages.pipeline().projections(projection(16), projection(4)).build();
    }

    private PictureRequest.Builder request() {
        return PictureRequest.builder("ab").seed(7).stageCSteps(5).stageBSteps(2).listener(heard);
    }

    @Test
    void everySecondStep_andTheLastOne_hasAPreviewAfterItsStep() {
        open().generate(request().previews(Previews.every(2)).build());
        assertThat(heard.events)
                .containsExactly(
                        "Stage C 1",
                        "Stage C 2",
                        "preview Stage C 2/5",
                        "Stage C 3",
                        "Stage C 4",
                        "preview Stage C 4/5",
                        "Stage C 5",
                        "preview Stage C 5/5",
                        "Stage B 1",
                        "Stage B 2",
                        "preview Stage B 2/2");
    }

    @Test
    void previews_changeNothing_andNoneAreMadeUnlessAskedFor() {
        Wurstchen wurstchen = open();
        PictureResult without = wurstchen.generate(request().pictures(2).build());
        assertThat(heard.previews).isEmpty();
        List<String> calls = stages.calls();
        stages.clearCalls();
        assertThat(wurstchen.generate(request().pictures(2).previews(Previews.every(1)).build()).pictures()).isEqualTo(without.pictures());
        assertThat(stages.calls()).isEqualTo(calls);
        assertThat(heard.previews).hasSize(2 * 7);
    }

    /**
     * The formulas predict the noise {@code x / 2 + mean / 10}, guided; what is left of x without it is what the preview shows, computed here
     * from the latents before the step.
     */
    @Test
    void preview_showsTheLatentsThatTheStepPredicted() {
        List<float[]> after = new ArrayList<>();
        Wurstchen wurstchen = open();
        Heard both = new Heard() {
            @Override
            public void onStep(CompletedStep step) {
                if (step.stage() == CascadeStage.STAGE_C) {
                    after.add(step.latents().toHost());
                }
            }
        };
        wurstchen.generate(PictureRequest.builder("").seed(7).stageCSteps(5).stageCGuidance(0).stageBSteps(1).listener(both)
                .previews(Previews.every(1))
                .build());
        float mean = mean(wurstchen.parts().tokenizerC().encode("").ids());
        for (int step = 2; step <= 5; step++) {
            float alphaCumprod = wurstchen.parts().scheduleC().alphaCumprod((6 - step) / 5f);
            float[] before = after.get(step - 2);
            Picture shown = both.previews.get(step - 1).pictures().get(0);
            for (int cell = 0; cell < 18; cell++) {
                int rgb = shown.rgb(cell % 6, cell / 6);
                for (int colour = 0; colour < 3; colour++) {
                    double x = before[colour * 18 + cell];
                    double clean = (x - Math.sqrt(1 - alphaCumprod) * (x / 2 + mean / 10)) / Math.sqrt(alphaCumprod);
                    double level = 255 * Math.min(1, Math.max(0, 0.5 + 0.05 * clean));
                    assertThat((double) (rgb >> 8 * (2 - colour) & 0xff)).as("step %s, cell %s", step, cell).isBetween(level - 0.6, level + 0.6);
                }
            }
        }
    }

    private static float mean(long[] ids) {
        float sum = 0;
        for (long id : ids) {
            sum += id;
        }
        return sum / ids.length;
    }

    @Test
    void batches_haveAPreviewForEachPicture() {
        open().generate(request().pictures(3).batchSize(2).previews(Previews.every(5)).build());
        assertThat(heard.previews).extracting(StepPreview::firstPicture).containsExactly(0, 0, 2, 2);
        assertThat(heard.previews).extracting(preview -> preview.pictures().size()).containsExactly(2, 2, 1, 1);
        assertThat(heard.previews.get(0).pictures().get(0).toString()).isEqualTo("Picture[6 x 3 px]");
        assertThat(heard.previews.get(1).pictures().get(0).toString()).as("Stage B's").isEqualTo("Picture[64 x 32 px]");
        assertThat(heard.previews).extracting(StepPreview::progress).isSorted();
    }

    @Test
    void previewsThroughTheStages_areWholePictures_alsoWithoutAProjection() {
        Wurstchen wurstchen = stages.pipeline().build();
        GeneratedPicture made = wurstchen.generate(request().previews(Previews.every(3).throughStages(2)).build()).first();
        assertThat(heard.previews).extracting(StepPreview::toString).hasSize(2).allMatch(text -> text.endsWith("[Picture[256 x 128 px]]]"));
        assertThat(wurstchen.generate(request().build()).first()).isEqualTo(made);
        assertThat(wurstchen.generate(request().stopAfter(CascadeStage.STAGE_C).previews(Previews.every(5).throughStages(1)).build())
                        .stageCLatents())
                .hasSize(1);
        assertThat(heard.previews).hasSize(3);
    }

    @Test
    void previewsOfAMaskedPicture_areMade() {
        Wurstchen wurstchen = open();
        Picture picture = wurstchen.generate(request().build()).first().picture();
        wurstchen.generate(request().image(picture).mask(picture).previews(Previews.every(1)).build());
        assertThat(heard.previews).hasSize(7);
    }

    @Test
    void modelWithoutAProjection_isRefused() {
        Wurstchen wurstchen = stages.pipeline().build();
        assertThatThrownBy(() -> wurstchen.generate(request().previews(Previews.every(1)).build()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("this model has no projection for previews; ask for Previews.every(...).throughStages(...), or add one to the model "
                        + "with `python -m wurstchen_export previews`");
    }

    @Test
    void badValues_areRefused() {
        assertThatThrownBy(() -> Previews.every(0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("previews must be at least 1 step apart, got 0");
        assertThatThrownBy(() -> Previews.every(1).throughStages(0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("previews through Stage B need at least 1 step of it, got 0");
        assertThat(Previews.every(4)).isEqualTo(new Previews(4, OptionalInt.empty()));
        StageProgress stage = StageProgress.of(CascadeStage.STAGE_C, 0, 2, 0.5);
        assertThatThrownBy(() -> StepPreview.of(stage, 1, 1, List.of()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("a batch of 2 pictures needs as many previews, got 0");
        assertThatThrownBy(() -> StepPreview.of(stage, 2, 1, List.of()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("a step must be 1 to 1, got 2");
    }
}
