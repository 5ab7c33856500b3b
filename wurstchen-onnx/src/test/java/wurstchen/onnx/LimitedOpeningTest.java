package wurstchen.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import wurstchen.Wurstchen;
import wurstchen.WurstchenException;

class LimitedOpeningTest {
    private static OnnxWurstchen.Builder within(Duration limit) {
        return OnnxWurstchen.builder().model(Golden.BUNDLE).openingTime(limit);
    }

    /** What was opened for nothing is closed by the thread that opened it. */
    @AfterEach
    void openingThreadsEnd() throws InterruptedException {
        for (Thread thread : Thread.getAllStackTraces().keySet()) {
            if (thread.getName().equals("wurstchen opening")) {
                thread.join();
            }
        }
    }

    @Test
    void enoughTime_opens() {
        try (Wurstchen wurstchen = within(Duration.ofMinutes(5)).open()) {
            assertThat(wurstchen.waitingRequests()).isZero();
        }
    }

    @Test
    void tooLittleTime_isSaid() {
        assertThatThrownBy(() -> within(Duration.ofNanos(1)).open())
                .isInstanceOf(WurstchenException.class)
                .hasMessage("opening the model took longer than PT0.000000001S; allow more time with openingTime");
    }

    @Test
    void interrupt_endsTheWait_andStays() {
        Thread.currentThread().interrupt();
        assertThatThrownBy(() -> within(Duration.ofMinutes(5)).open())
                .isInstanceOf(WurstchenException.class)
                .hasMessage("interrupted while the model was opened");
        assertThat(Thread.interrupted()).isTrue();
    }

    @Test
    void failure_isTheOneOfOpening() {
        assertThatThrownBy(() -> OnnxWurstchen.builder().model(Path.of("nowhere")).openingTime(Duration.ofMinutes(5)).open())
                .isInstanceOf(ModelBundleException.class)
                .hasMessage("no model at nowhere: no such folder; give the folder that holds model.json");
        assertThatThrownBy(() -> OnnxWurstchen.builder().openingTime(Duration.ofMinutes(5)).open())
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("no model: call model(folder) or model(bundle) before open()");
    }

    @Test
    void noTime_isRefused() {
        assertThatThrownBy(() -> within(Duration.ZERO))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("the time to open a model must be above zero, got PT0S");
    }
}
