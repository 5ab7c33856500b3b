package wurstchen.onnx.process.exit;

import java.io.IOException;
import java.nio.file.Path;
import wurstchen.onnx.process.ChildJvm;
import wurstchen.onnx.process.DeviceArgument;

/** A GPU's code, whose one thread is waited for, with the CPU in its place. {@code -Dexits=100} as for {@link JvmExitTest}. */
class JvmExitOfDeviceThreadTest extends JvmExits {
    @Override
    int exits() {
        return Integer.getInteger("exits", 1);
    }

    @Override
    ChildJvm start(Path crashes, ExitProgram.Ending ending, int seed) throws IOException {
        return new ChildJvm(crashes, ExitProgram.class, DeviceArgument.REMOTE, ending.name(), Integer.toString(seed));
    }
}
