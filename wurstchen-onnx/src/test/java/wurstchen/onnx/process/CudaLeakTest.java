package wurstchen.onnx.process;

import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Memory of the host and of the GPU. A model of full size is tried by .ci/gpu-bench, which writes one. */
@Tag("gpu")
class CudaLeakTest {
    private static final String HOST = "the host's memory";
    private static final String GPU = "the GPU's memory";

    @TempDir
    private Path folder;

    private Leaks leaks() {
        return new Leaks(folder, DeviceArgument.CUDA);
    }

    @Test
    void picturesAndReloads_leaveMemoryAsItWas() throws Exception {
        leaks().assertNone(Integer.getInteger("leaks.gpu.pictures", 300), Integer.getInteger("leaks.gpu.reloads", 30), HOST, GPU);
    }

    @Test
    void runsLeftOpen_areCaught() throws Exception {
        leaks().assertCaught(LeakProgram.Plant.RUNS, 40, 0, "40 pictures", GPU);
    }

    @Test
    void modelsLeftOpen_areCaught() throws Exception {
        leaks().assertCaught(LeakProgram.Plant.MODELS, 0, 20, "20 reloads", GPU);
    }
}
