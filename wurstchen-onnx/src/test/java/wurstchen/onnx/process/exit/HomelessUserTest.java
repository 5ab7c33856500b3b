package wurstchen.onnx.process.exit;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import wurstchen.onnx.process.ChildJvm;

/** A user id without an entry in the system's list of users, as in many containers: Java says that its home is a question mark. */
class HomelessUserTest {
    @TempDir
    private Path folder;

    @Test
    void userWithoutHomeOrCache_leavesNoFolder() throws Exception {
        Path temporary = Files.createDirectory(folder.resolve("tmp"));
        List<String> options = List.of("-Duser.home=?", "-Dwurstchen.cache=", "-Djava.io.tmpdir=" + temporary);

        ChildJvm child = ChildJvm.withOptions(
                Files.createDirectory(folder.resolve("crashes")), options, ShutdownProgram.class, Shutdown.TRY_WITH_RESOURCES.name());

        assertThat(child.exits(0)).isEmpty();
        assertThat(temporary).isEmptyDirectory();
        assertThat(Path.of("?")).doesNotExist();
    }
}
