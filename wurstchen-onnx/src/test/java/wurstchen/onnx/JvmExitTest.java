package wurstchen.onnx;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** The JVM exits while graphs run on other threads. {@code -Dexits=100} lets it exit as often as that in each way. */
class JvmExitTest {
    private static final int EXITS = Integer.getInteger("exits", 2);

    /** 128 and the signal's number, as a shell reports it. */
    private static final int INTERRUPTED = 128 + 2;

    private static final int TERMINATED = 128 + 15;

    @TempDir
    private Path folder;

    private ChildJvm generating(ExitProgram.Ending ending, int seed) throws IOException {
        ChildJvm child = new ChildJvm(folder, ExitProgram.class, ending.name(), Integer.toString(seed));
        child.await("generating");
        return child;
    }

    @Test
    void systemExit_duringRuns() throws Exception {
        for (int i = 0; i < EXITS; i++) {
            assertThat(generating(ExitProgram.Ending.EXIT, i).exits(ExitProgram.STATUS)).containsExactly("generating");
        }
    }

    @Test
    void systemExit_inAListener() throws Exception {
        for (int i = 0; i < EXITS; i++) {
            // It may be faster than the thread that prints.
            assertThat(new ChildJvm(folder, ExitProgram.class, ExitProgram.Ending.EXIT_IN_LISTENER.name(), "" + i)
                            .exits(ExitProgram.STATUS))
                    .isSubsetOf("generating");
        }
    }

    @Test
    void mainReturns_daemonThreadsAreInRuns() throws Exception {
        for (int i = 0; i < EXITS; i++) {
            assertThat(generating(ExitProgram.Ending.DAEMON, i).exits(0)).containsExactly("generating");
        }
    }

    @Test
    @DisabledOnOs(value = OS.WINDOWS, disabledReason = "there are no signals on Windows")
    void controlC_duringRuns() throws Exception {
        for (int i = 0; i < EXITS; i++) {
            ChildJvm child = generating(ExitProgram.Ending.SIGNAL, i);
            child.signal("INT");
            assertThat(child.exits(INTERRUPTED)).containsExactly("generating");
        }
    }

    @Test
    @DisabledOnOs(value = OS.WINDOWS, disabledReason = "there are no signals on Windows")
    void terminationSignal_duringRuns() throws Exception {
        for (int i = 0; i < EXITS; i++) {
            ChildJvm child = generating(ExitProgram.Ending.SIGNAL, i);
            child.signal("TERM");
            assertThat(child.exits(TERMINATED)).containsExactly("generating");
        }
    }
}
