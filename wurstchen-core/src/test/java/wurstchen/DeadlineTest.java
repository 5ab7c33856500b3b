package wurstchen;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

/** Requests that may take only so long. */
class DeadlineTest extends ServiceTestCase {
    private static final Duration SHORT = Duration.ofMillis(200);

    private void untilStopped() {
        while (engine.stops == 0) {
            Thread.onSpinWait();
        }
    }

    @Test
    void requestThatTakesLonger_isStoppedWithinAStep() {
        stages.inEveryStep(this::untilStopped);

        assertThatThrownBy(() -> wurstchen.generate(request().deadline(SHORT).build()))
                .isInstanceOf(DeadlineExceededException.class)
                .hasMessageMatching("the deadline of PT0\\.2S passed in (Text|Stage C after 1 of 3 steps);"
                        + " allow more time, or make fewer or smaller pictures");
        assertThat(picture()).as("the pipeline is usable").isNotNull();
    }

    @Test
    void timeInTheQueue_counts() throws Exception {
        duringAStep(() -> {
            PictureRequest request = request().deadline(SHORT).build();
            Future<?> waiting = threads.submit(() -> wurstchen.generate(request));
            String message = "the deadline of PT0.2S passed before the first step;"
                    + " allow more time, or make fewer or smaller pictures";
            assertThatThrownBy(waiting::get)
                    .cause()
                    .isInstanceOf(DeadlineExceededException.class)
                    .hasMessage(message);
            assertThatThrownBy(wurstchen.generateAsync(request)::get)
                    .isInstanceOf(ExecutionException.class)
                    .cause()
                    .isInstanceOf(DeadlineExceededException.class)
                    .hasMessage(message);
            assertThat(wurstchen.waitingRequests()).isZero();
        });
    }

    @Test
    void requestThatIsDoneBefore_isMade() throws InterruptedException {
        assertThat(wurstchen.generate(request().deadline(Duration.ofMillis(Long.MAX_VALUE)).build()).pictures()).hasSize(1);
        assertThat(wurstchen.generate(request().deadline(NEVER).build()).pictures()).hasSize(1);
        assertThat(engine.stops).isZero();
    }

    @Test
    void deadlineThatIsNone_isRefusedWhereItIsSet() {
        assertThatThrownBy(() -> request().deadline(Duration.ZERO))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("deadline must be above zero, got PT0S");
        assertThatThrownBy(() -> request().deadline(Duration.ofSeconds(-1)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("deadline must be above zero, got PT-1S");
    }
}
