package wurstchen.onnx.process.exit;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import wurstchen.onnx.process.ChildJvm;

/** A program with a model on its class path ends: without another word, and with nothing left in the temporary folder. */
class ShutdownTest {
    private static final int INTERRUPTED = 128 + 2;
    private static final int TERMINATED = 128 + 15;

    @TempDir
    private Path folder;

    private Path temporary;
    private Path crashes;

    @BeforeEach
    void folders() throws IOException {
        temporary = Files.createDirectory(folder.resolve("tmp"));
        crashes = Files.createDirectory(folder.resolve("crashes"));
    }

    @AfterEach
    void nothingIsLeft() {
        assertThat(temporary).isEmptyDirectory();
    }

    private ChildJvm start(Shutdown shutdown) throws IOException {
        return ChildJvm.withOptions(crashes, List.of("-Djava.io.tmpdir=" + temporary), ShutdownProgram.class, shutdown.name())
                .hangsAfter(Duration.ofMinutes(5));
    }

    @ParameterizedTest
    @CsvSource({"TRY_WITH_RESOURCES, 0", "NOTHING_CLOSED, 0", "EXIT, 7", "HOOK_CLOSES, 7", "TWO_HOOKS_CLOSE, 7", "DAEMON, 0"})
    void programThatEndsItself_saysNothing(Shutdown shutdown, int status) throws Exception {
        assertThat(start(shutdown).exits(status)).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"SIGNAL", "SIGNAL_AND_HOOK_CLOSES", "LOW_MEMORY_AND_HOOK_CLOSES"})
    @DisabledOnOs(value = OS.WINDOWS, disabledReason = "there are no signals on Windows")
    void signalWhileRequestsRunAndWait_endsThem(Shutdown shutdown) throws Exception {
        ChildJvm child = start(shutdown);
        child.await("running");
        child.signal("TERM");

        assertThat(child.exits(TERMINATED)).containsExactly("running");
    }

    @ParameterizedTest
    @CsvSource({"SIGNAL_AND_HOOK_WAITS", "LOW_MEMORY_AND_HOOK_WAITS", "DEVICE_THREAD_AND_HOOK_WAITS"})
    @DisabledOnOs(value = OS.WINDOWS, disabledReason = "there are no signals on Windows")
    void hookThatWaits_getsThePicturesOfRequestsThatRunAndWait(Shutdown shutdown) throws Exception {
        ChildJvm child = start(shutdown);
        child.await("running");
        child.signal("TERM");

        assertThat(child.exits(TERMINATED)).containsExactly("running", "picture", "picture");
    }

    @Test
    @DisabledOnOs(value = OS.WINDOWS, disabledReason = "there are no signals on Windows")
    void controlC_endsRequests() throws Exception {
        ChildJvm child = start(Shutdown.SIGNAL_AND_HOOK_CLOSES);
        child.await("running");
        child.signal("INT");

        assertThat(child.exits(INTERRUPTED)).containsExactly("running");
    }
}
