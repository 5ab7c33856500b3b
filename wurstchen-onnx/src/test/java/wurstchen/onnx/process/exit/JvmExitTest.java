package wurstchen.onnx.process.exit;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import wurstchen.onnx.process.ChildJvm;
import wurstchen.onnx.process.DeviceArgument;

/** On the CPU. {@code -Dexits=100} lets the JVM exit as often as that in each way. */
class JvmExitTest extends JvmExits {
    @TempDir
    private Path temporary;

    @Override
    int exits() {
        return Integer.getInteger("exits", 2);
    }

    @Override
    ChildJvm start(Path crashes, ExitProgram.Ending ending, int seed) throws IOException {
        return new ChildJvm(crashes, ExitProgram.class, DeviceArgument.CPU, ending.name(), Integer.toString(seed));
    }

    @Test
    void pictureInAShutdownHook_isMade() throws Exception {
        assertThat(start(temporary, ExitProgram.Ending.PICTURE_IN_HOOK, 0).exits(0)).containsExactly("picture");
    }
}
