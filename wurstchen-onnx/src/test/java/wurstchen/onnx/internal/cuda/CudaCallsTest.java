package wurstchen.onnx.internal.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class CudaCallsTest {
    private final ExecutorService other = Executors.newSingleThreadExecutor();

    @AfterEach
    void close() {
        other.shutdownNow();
    }

    @Test
    void callsOfAnotherThread_waitUntilTheRecordingHasEnded() throws Exception {
        assertThat(CudaCalls.tryAlone()).isTrue();
        Future<String> call;
        try {
            call = other.submit(() -> CudaCalls.shared(() -> "made"));
            assertThat(call).isNotDone();
        } finally {
            CudaCalls.endAlone();
        }
        assertThat(call.get(10, TimeUnit.SECONDS)).isEqualTo("made");
    }

    @Test
    void recording_isLeftAlone_whileAnotherThreadIsInACall() throws Exception {
        CudaCallElsewhere.during(() -> assertThat(CudaCalls.tryAlone()).isFalse());

        assertThat(CudaCalls.tryAlone()).isTrue();
        CudaCalls.endAlone();
    }
}
