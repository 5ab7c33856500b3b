package wurstchen.onnx.process.exit;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collections;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import wurstchen.onnx.process.ChildJvm;

/** The JVM exits while another thread is inside native code: it waits, but not forever. */
class WorkAtExitTest {
    private static final String REFUSED = "no more work: the JVM is exiting";

    private static final int HOOKS = 12;

    @TempDir
    private Path folder;

    private ChildJvm start(String work, int hooks) throws IOException {
        return new ChildJvm(folder, WorkAtExitProgram.class, work, Integer.toString(hooks)).hangsAfter(Duration.ofMinutes(5));
    }

    @Test
    void exit_waitsForWorkAndLetsNoneBegin() throws Exception {
        assertThat(start(WorkAtExitProgram.ENDS, 0).exits(WorkAtExitProgram.STATUS)).containsExactly(REFUSED, "the work is done");
    }

    @Test
    void exit_duringWorkThatHangs_doesNotWaitForItsEnd() throws Exception {
        assertThat(start(WorkAtExitProgram.HANGS, 0).exits(WorkAtExitProgram.STATUS)).containsExactly(REFUSED);
    }

    /** The JDK starts hooks in an order that differs from run to run: so many that some come before this library's, and some after. */
    @RepeatedTest(3)
    void hooks_workUntilAllOfThemAreDone() throws Exception {
        assertThat(start(WorkAtExitProgram.ENDS, HOOKS).exits(WorkAtExitProgram.STATUS))
                .startsWith(Collections.nCopies(HOOKS, "a hook is done").toArray(String[]::new))
                .endsWith(REFUSED, "the work is done")
                .hasSize(HOOKS + 2);
    }
}
