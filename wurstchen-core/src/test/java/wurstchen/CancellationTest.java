package wurstchen;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import wurstchen.image.Picture;
import wurstchen.progress.CascadeStage;

/** Stopping requests by their cancellation. */
class CancellationTest extends ServiceTestCase {
    private final Cancellation cancellation = new Cancellation();

    private void assertCancelled(PictureRequest.Builder request, String message) {
        assertThatThrownBy(() -> wurstchen.generate(request.cancellation(cancellation).build()))
                .isInstanceOf(CancelledException.class)
                .hasMessage(message);
    }

    @Test
    void cancelledRequest_doesNotBegin() {
        cancellation.cancel();
        cancellation.cancel();

        assertThat(cancellation.isCancelled()).isTrue();
        assertCancelled(request(), "cancelled before the first step");
        assertThat(stages.calls()).isEmpty();
        assertThat(engine.stops).isZero();
    }

    @Test
    void requestThatIsNotCancelled_isMade() {
        Picture expected = picture();

        assertThat(wurstchen.generate(request().cancellation(cancellation).build()).first().picture()).isEqualTo(expected);
        assertThat(engine.stops).isZero();
        cancellation.cancel();
        assertThat(engine.stops).as("what is over is not stopped").isZero();
    }

    @Test
    void listenerThatCancels_stopsAfterItsStep() {
        assertCancelled(
                request().listener(step -> {
                    if (step.step() == 2) {
                        cancellation.cancel();
                    }
                }),
                "cancelled in Stage C after 2 of 3 steps");
        assertThat(engine.stops).isEqualTo(1);
        assertThat(stages.calls()).doesNotContain("start B [1, 4, 32, 64] from [1, 16, 3, 6]");
        assertThat(picture()).as("the pipeline is usable").isNotNull();
    }

    @Test
    void listenerThatCancelsAtTheLastStep_getsNoPicture() {
        assertCancelled(
                request().listener(step -> {
                    if (step.stage() == CascadeStage.STAGE_B && step.step() == 2) {
                        cancellation.cancel();
                    }
                }),
                "cancelled in Stage B after 2 of 2 steps");
    }

    @Test
    void stageThatFailsBecauseItWasStopped_isTheCause() {
        stages.inEveryStep(() -> {
            cancellation.cancel();
            throw new IllegalStateException("stopped");
        });

        assertThatThrownBy(() -> wurstchen.generate(request().cancellation(cancellation).build()))
                .isInstanceOf(CancelledException.class)
                .hasMessage("cancelled in Stage C")
                .hasRootCauseMessage("stopped");
    }

    @Test
    void failureWithoutCancellation_isTheStages() {
        stages.failAtStep(2);

        assertThatThrownBy(() -> wurstchen.generate(request().cancellation(cancellation).build()))
                .isInstanceOf(RequestFailedException.class)
                .hasMessage("Stage C failed at step 2")
                .cause()
                .isExactlyInstanceOf(WurstchenException.class);
    }

    @Test
    void waitingRequest_isCancelledAtOnce() throws Exception {
        duringAStep(() -> {
            Future<?> waiting = threads.submit(() -> wurstchen.generate(request().cancellation(cancellation).build()));
            awaitWaiting(1);
            cancellation.cancel();
            assertThatThrownBy(waiting::get)
                    .cause()
                    .isInstanceOf(CancelledException.class)
                    .hasMessage("cancelled before the first step");
            assertThat(engine.stops).as("the request in the step is another one").isZero();
        });
    }
}
