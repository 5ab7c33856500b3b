package wurstchen.onnx.process;

import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Cancelling and closing at random moments of runs on a GPU. {@code -Draces.gpu=10000} runs as many as that. */
@Tag("gpu")
class CudaRaceTest {
    @TempDir
    private Path folder;

    @Test
    void cancelAndClose_neitherCrashNorHangNorLeak() throws Exception {
        Races.run(
                folder, DeviceArgument.CUDA, Integer.getInteger("races.gpu", 200), "the host's memory", "the GPU's memory");
    }
}
