package wurstchen.onnx.process.exit;

import java.io.IOException;
import java.nio.file.Path;
import wurstchen.onnx.process.ChildJvm;
import wurstchen.onnx.process.DeviceArgument;

/** The same where JNA is missing and runs are those of the Java API. */
class JvmExitWithoutJnaTest extends JvmExitTest {
    @Override
    int exits() {
        return Integer.getInteger("exits", 1);
    }

    @Override
    ChildJvm start(Path crashes, ExitProgram.Ending ending, int seed) throws IOException {
        return ChildJvm.withoutJna(crashes, ExitProgram.class, DeviceArgument.CPU, ending.name(), Integer.toString(seed));
    }
}
