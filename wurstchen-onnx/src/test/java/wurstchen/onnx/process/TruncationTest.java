package wurstchen.onnx.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import wurstchen.onnx.BundleCopy;

/** A file that is truncated under a mapping ends the process with SIGBUS. */
class TruncationTest {
    @TempDir
    private Path folder;

    @TempDir
    private Path elsewhere;

    @Test
    void weightsThatAreTruncatedWhileTheModelIsOpen_changeNothing() throws Exception {
        BundleCopy copy = BundleCopy.in(elsewhere);

        assertThat(new ChildJvm(folder, TruncationProgram.class, copy.folder().toString(), "false").exits(0))
                .containsExactly("the same picture");
    }
}
