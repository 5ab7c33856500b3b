package wurstchen;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import wurstchen.fixtures.FormulaStages;
import wurstchen.image.Picture;
import wurstchen.progress.CascadeStage;
import wurstchen.sampling.Timesteps;

class WurstchenTest {
    private final FormulaStages stages = new FormulaStages();
    private final Wurstchen wurstchen = withAllParts().build();

    private Wurstchen.Builder withAllParts() {
        return stages.pipeline();
    }

    private List<Picture> pictures(PictureRequest.Builder request) {
        return wurstchen.generate(request.build()).pictures().stream()
                .map(GeneratedPicture::picture)
                .toList();
    }

    @Test
    void generate_defaults_runsEveryStageInOrder() {
        PictureResult result = wurstchen.generate("a");
        assertThat(stages.calls())
                .containsExactly(
                        "encode 2",
                        "encode 1",
                        "start C [1, 16, 3, 6]",
                        "start B [1, 4, 32, 64] from [1, 16, 3, 6]",
                        "decode [1, 4, 32, 64]");
        assertThat(result.pictures()).hasSize(1);
        assertThat(result.first().picture().width()).isEqualTo(256);
        assertThat(result.first().picture().height()).isEqualTo(128);
        assertThat(result.first().settings().stageCTimesteps()).isEqualTo(Timesteps.uniform(3));
        assertThat(result.durations().keySet()).containsExactly(CascadeStage.values());
        assertThat(result.droppedTexts()).isEmpty();
    }

    @Test
    void generate_sameSeed_makesTheSamePicture() {
        assertThat(pictures(PictureRequest.builder("a").seed(1))).isEqualTo(pictures(PictureRequest.builder("a").seed(1)));
    }

    @Test
    void generate_anotherSeedPromptOrNegativePrompt_makesAnotherPicture() {
        List<Picture> picture = pictures(PictureRequest.builder("a").seed(1));
        assertThat(pictures(PictureRequest.builder("a").seed(2))).isNotEqualTo(picture);
        assertThat(pictures(PictureRequest.builder("c c c").seed(1))).isNotEqualTo(picture);
        assertThat(pictures(PictureRequest.builder("a").negativePrompt("c c c").seed(1))).isNotEqualTo(picture);
    }

    @Test
    void generate_negativePromptWithoutGuidance_isNotRead() {
        assertThat(pictures(PictureRequest.builder("a").negativePrompt("c c c c c c c c").stageCGuidance(1).seed(1)))
                .isEqualTo(pictures(PictureRequest.builder("a").stageCGuidance(0).seed(1)));
    }

    @Test
    void generate_withoutSeed_reportsTheSeedThatMakesItAgain() {
        GeneratedPicture picture = wurstchen.generate("a").first();
        assertThat(pictures(PictureRequest.builder("a").seed(picture.settings().seed()))).containsExactly(picture.picture());
    }

    @Test
    void generate_severalPictures_eachIsThePictureOfItsSeed() {
        PictureResult result =
                wurstchen.generate(PictureRequest.builder("a").seed(Long.MAX_VALUE).pictures(3).build());
        assertThat(result.pictures())
                .extracting(picture -> picture.settings().seed())
                .containsExactly(Long.MAX_VALUE, Long.MIN_VALUE, Long.MIN_VALUE + 1);
        for (GeneratedPicture picture : result.pictures()) {
            assertThat(pictures(PictureRequest.builder("a").seed(picture.settings().seed())))
                    .containsExactly(picture.picture());
        }
    }

    @Test
    void generate_inBatches_makesTheSamePictures() {
        PictureRequest.Builder request = PictureRequest.builder("a").negativePrompt("b").seed(5).pictures(5);
        List<Picture> oneAtATime = pictures(request);
        stages.clearCalls();
        assertThat(pictures(request.batchSize(2))).isEqualTo(oneAtATime);
        assertThat(stages.calls()).containsSubsequence("start C [2, 16, 3, 6]", "start C [2, 16, 3, 6]", "start C [1, 16, 3, 6]");
        assertThat(pictures(request.batchSize(100))).isEqualTo(oneAtATime);
    }

    @Test
    void generate_listener_hearsOfEveryStep() {
        List<String> steps = new ArrayList<>();
        wurstchen.generate(PictureRequest.builder("a")
                .pictures(3)
                .batchSize(2)
                .stageBSteps(1)
                .listener(step -> steps.add(
                        step.stage() + " " + step.step() + "/" + step.steps() + " " + step.firstPicture() + "+" + step.pictures()))
                .build());
        assertThat(steps)
                .containsExactly(
                        "Stage C 1/3 0+2", "Stage C 2/3 0+2", "Stage C 3/3 0+2", "Stage B 1/1 0+2",
                        "Stage C 1/3 2+1", "Stage C 2/3 2+1", "Stage C 3/3 2+1", "Stage B 1/1 2+1");
    }

    @Test
    void generate_listenerThrows_reachesTheCaller() {
        PictureRequest request = PictureRequest.builder("a")
                .listener(step -> {
                    throw new IllegalStateException("enough");
                })
                .build();
        assertThatThrownBy(() -> wurstchen.generate(request)).isInstanceOf(IllegalStateException.class).hasMessage("enough");
        assertThat(wurstchen.generate("a").pictures()).hasSize(1);
    }

    @Test
    void generate_stageFails_leavesThePipelineUsable() {
        stages.failAtStep(2);
        assertThatThrownBy(() -> wurstchen.generate("a"))
                .isInstanceOf(WurstchenException.class)
                .hasMessage("Stage C failed at step 2");
        stages.failAtStep(0);
        assertThat(wurstchen.generate("a").pictures()).hasSize(1);
    }

    @Test
    void generate_promptTooLong_reportsWhatEachStageDropped() {
        PictureResult result = wurstchen.generate("a b c a b");
        assertThat(result.droppedTexts())
                .containsExactly(
                        new DroppedText(CascadeStage.STAGE_C, "a b c a b", "b"),
                        new DroppedText(CascadeStage.STAGE_B, "a b c a b", "a b"));
    }

    @Test
    void generate_sizeNotValid_throwsBeforeAnythingRuns() {
        assertThatThrownBy(() -> wurstchen.generate(PictureRequest.builder("a").size(1000, 1024).build()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("width must be a multiple of 128, at most 4096, got 1000; nearest: 896, 1024");
        assertThat(stages.calls()).isEmpty();
    }

    @Test
    void close_twice_closesEveryPartOnce() {
        wurstchen.close();
        wurstchen.close();
        assertThat(stages.calls()).containsExactly("close", "close", "close", "close", "close");
        assertThatThrownBy(() -> wurstchen.generate("a"))
                .isInstanceOf(PipelineClosedException.class)
                .hasMessage("this Wurstchen is closed: open a new one");
    }

    @Test
    void close_onePartFails_closesTheOthersInReverse() {
        List<String> closed = new ArrayList<>();
        Wurstchen pipeline = withAllParts()
                .owning(() -> closed.add("first"))
                .owning(() -> {
                    throw new IllegalStateException("stuck");
                })
                .owning(() -> closed.add("last"))
                .build();
        assertThatThrownBy(pipeline::close)
                .isInstanceOf(WurstchenException.class)
                .hasMessage("could not close all of the pipeline: stuck");
        assertThat(closed).containsExactly("last", "first");
        assertThat(stages.calls()).hasSize(5);
    }

    @Test
    void close_duringARequest_leavesItWhatTheStagesStandOnUntilItEnds() {
        List<String> closed = new ArrayList<>();
        List<List<String>> closedAtEachStep = new ArrayList<>();
        Wurstchen pipeline = withAllParts().owning(() -> closed.add("resource")).build();
        assertThatThrownBy(() -> pipeline.generate(PictureRequest.builder("a")
                        .listener(step -> {
                            pipeline.close();
                            closedAtEachStep.add(List.copyOf(closed));
                        })
                        .build()))
                .isInstanceOf(PipelineClosedException.class)
                .hasMessage("this Wurstchen was closed in Stage C after 1 of 3 steps: open a new one");
        assertThat(closedAtEachStep).containsExactly(List.of());
        assertThat(closed).containsExactly("resource");
    }

    @Test
    void build_withoutStages_throws() {
        assertThatThrownBy(() -> Wurstchen.builder().build())
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("geometry not set: a pipeline needs geometry, defaults, schedules, tokenizers, text encoders and stages");
    }
}
