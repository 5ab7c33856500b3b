package wurstchen.onnx.process.exit;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import wurstchen.onnx.process.ChildJvm;

/** The JVM exits while another thread is inside native code: it waits, but not forever. */
class WorkAtExitTest {
    private static final String REFUSED = "no more work: the JVM is exiting";

    @TempDir
    private Path folder;

    private ChildJvm start(Duration work) throws IOException {
        String length = Long.toString(work.toMillis());
        return new ChildJvm(folder, WorkAtExitProgram.class, length).hangsAfter(Duration.ofMinutes(5));
    }

    @Test
    void exit_waitsForWorkAndLetsNoneBegin() throws Exception {
        assertThat(start(Duration.ofSeconds(1)).exits(WorkAtExitProgram.STATUS)).contains(REFUSED).contains("the work is done");
    }

    @Test
    void exit_duringWorkThatHangs_doesNotWaitForItsEnd() throws Exception {
        assertThat(start(Duration.ofDays(1)).exits(WorkAtExitProgram.STATUS)).containsExactly(REFUSED);
    }
}
