package wurstchen.onnx;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** On the CPU, where JNA is missing and runs are those of the Java API. {@code -Dexits=100} as for {@link JvmExitTest}. */
class JvmExitWithoutJnaTest extends JvmExits {
    @TempDir
    private Path temporary;

    @Override
    int exits() {
        return Integer.getInteger("exits", 1);
    }

    @Override
    ChildJvm start(Path crashes, ExitProgram.Ending ending, int seed) throws IOException {
        return ChildJvm.withoutJna(crashes, ExitProgram.class, DeviceArgument.CPU, ending.name(), Integer.toString(seed));
    }

    @Test
    void pictureInAShutdownHook_isMade() throws Exception {
        assertThat(start(temporary, ExitProgram.Ending.PICTURE_IN_HOOK, 0).exits(0)).containsExactly("picture");
    }
}
