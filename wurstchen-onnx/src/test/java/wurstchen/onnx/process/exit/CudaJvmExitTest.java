package wurstchen.onnx.process.exit;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import wurstchen.onnx.process.ChildJvm;
import wurstchen.onnx.process.DeviceArgument;

/** On a GPU. {@code -Dexits.gpu=100} lets the JVM exit as often as that in each way, {@code -Dexits.gpu.at.once=1} one by one. */
@Tag("gpu")
class CudaJvmExitTest extends JvmExits {
    @Override
    int exits() {
        return Integer.getInteger("exits.gpu", 20);
    }

    /** Starting CUDA takes seconds, and a GPU has room for some. */
    @Override
    int atOnce() {
        return Integer.getInteger("exits.gpu.at.once", 4);
    }

    @Override
    ChildJvm start(Path crashes, ExitProgram.Ending ending, int seed) throws IOException {
        return new ChildJvm(crashes, ExitProgram.class, DeviceArgument.CUDA, ending.name(), Integer.toString(seed));
    }
}
