package wurstchen.onnx.process;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Memory on the CPU. {@code -Dleaks.pictures=300 -Dleaks.reloads=30} makes as many. */
@EnabledOnOs(value = OS.LINUX, disabledReason = "the memory of a process is known on Linux only")
class LeakTest {
    private static final String HOST = "the host's memory";

    @TempDir
    private Path folder;

    private Leaks leaks() {
        return new Leaks(folder, DeviceArgument.CPU);
    }

    @Test
    void picturesAndReloads_leaveMemoryAsItWas() throws Exception {
        leaks().assertNone(Integer.getInteger("leaks.pictures", 60), Integer.getInteger("leaks.reloads", 10), HOST);
    }

    @Test
    void runsLeftOpen_areCaught() throws Exception {
        leaks().assertCaught(LeakProgram.Plant.RUNS, 30, 0, "30 pictures", HOST);
    }

    @Test
    void modelsLeftOpen_areCaught() throws Exception {
        leaks().assertCaught(LeakProgram.Plant.MODELS, 0, 10, "10 reloads", HOST);
    }
}
