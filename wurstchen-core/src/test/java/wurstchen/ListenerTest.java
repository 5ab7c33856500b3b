package wurstchen;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import wurstchen.progress.CascadeStage;
import wurstchen.progress.CompletedStep;
import wurstchen.progress.RequestListener;
import wurstchen.progress.StageProgress;

/** What a listener hears. */
class ListenerTest extends ServiceTestCase {
    private final Recorder heard = new Recorder();

    private static final class Recorder implements RequestListener {
        private final List<String> events = new ArrayList<>();
        private final List<Double> progress = new ArrayList<>();

        @Override
        public void onStep(CompletedStep step) {
            events.add(step.stage() + " " + step.step() + "/" + step.steps() + " " + step.firstPicture() + "+" + step.pictures());
            progress.add(step.progress());
        }

        @Override
        public void onStageStarted(StageProgress stage) {
            add("start", stage);
        }

        @Override
        public void onStageFinished(StageProgress stage) {
            add("finish", stage);
        }

        private void add(String what, StageProgress stage) {
            events.add(what + " " + stage.stage() + " " + stage.firstPicture() + "+" + stage.pictures());
            progress.add(stage.progress());
        }
    }

    @Test
    void everyStageAndStep_isHeardInOrder() {
        wurstchen.generate(request().pictures(3).batchSize(2).stageCSteps(2).stageBSteps(1).listener(heard).build());

        assertThat(heard.events)
                .containsExactly(
                        "start Text 0+3",
                        "finish Text 0+3",
                        "start Stage C 0+2",
                        "Stage C 1/2 0+2",
                        "Stage C 2/2 0+2",
                        "finish Stage C 0+2",
                        "start Stage B 0+2",
                        "Stage B 1/1 0+2",
                        "finish Stage B 0+2",
                        "start Stage A 0+2",
                        "finish Stage A 0+2",
                        "start Stage C 2+1",
                        "Stage C 1/2 2+1",
                        "Stage C 2/2 2+1",
                        "finish Stage C 2+1",
                        "start Stage B 2+1",
                        "Stage B 1/1 2+1",
                        "finish Stage B 2+1",
                        "start Stage A 2+1",
                        "finish Stage A 2+1");
    }

    @Test
    void progress_countsSteps() {
        wurstchen.generate(request().stageCSteps(2).stageBSteps(1).listener(heard).build());

        assertThat(heard.progress).containsExactly(0.0, 0.2, 0.2, 0.4, 0.6, 0.6, 0.6, 0.8, 0.8, 0.8, 1.0);
    }

    @Test
    void progressOfManyPictures_neverShrinksAndEndsAtOne() {
        wurstchen.generate(request().pictures(7).batchSize(3).listener(heard).build());

        assertThat(heard.progress).isSorted().startsWith(0.0).endsWith(1.0);
        assertThat(heard.progress.stream().filter(share -> share == 1.0)).as("1 only at the end").hasSize(1);
    }

    @Test
    void lastStage_ends_whenThePicturesWereTaken() {
        List<String> order = new ArrayList<>();
        wurstchen.generate(request()
                .consumer(picture -> order.add("picture"))
                .listener(new RequestListener() {
                    @Override
                    public void onStep(CompletedStep step) {}

                    @Override
                    public void onStageFinished(StageProgress stage) {
                        order.add(stage.stage().toString());
                    }
                })
                .build());

        assertThat(order).containsExactly("Text", "Stage C", "Stage B", "picture", "Stage A");
    }

    @Test
    void listenerThatFailsAtAStage_reachesTheCallerAndLeaksNothing() {
        PictureRequest request = request()
                .listener(new RequestListener() {
                    @Override
                    public void onStep(CompletedStep step) {}

                    @Override
                    public void onStageFinished(StageProgress stage) {
                        throw new IllegalStateException("after " + stage.stage());
                    }
                })
                .build();

        assertThatThrownBy(() -> wurstchen.generate(request)).isInstanceOf(IllegalStateException.class).hasMessage("after Text");
    }

    @Test
    void events_madeForTests_areChecked() {
        assertThatThrownBy(() -> StageProgress.of(null, 0, 1, 0)).isInstanceOf(NullPointerException.class).hasMessage("stage");
        assertThatThrownBy(() -> StageProgress.of(CascadeStage.TEXT, 0, 0, 1.5))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("a stage needs a first picture of at least 0, at least 1 picture and a progress of 0 to 1, got 0, 0 and 1.5");
        assertThatThrownBy(() -> CompletedStep.of(
                        StageProgress.of(CascadeStage.STAGE_C, 0, 1, 0.5), 4, 3, null))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("a step must be 1 to 3, got 4");
    }
}
