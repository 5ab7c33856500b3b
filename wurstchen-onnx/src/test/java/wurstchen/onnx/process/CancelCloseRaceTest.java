package wurstchen.onnx.process;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Cancelling and closing at random moments of runs. {@code -Draces=10000} runs as many as that. */
@EnabledOnOs(value = OS.LINUX, disabledReason = "the memory of a process is known on Linux only")
class CancelCloseRaceTest {
    @TempDir
    private Path folder;

    @Test
    void cancelAndClose_neitherCrashNorHangNorLeak() throws Exception {
        Races.run(folder, DeviceArgument.CPU, Integer.getInteger("races", 100), "the host's memory");
    }
}
