package wurstchen.onnx.fuzz;

import com.code_intelligence.jazzer.junit.FuzzTest;
import wurstchen.onnx.ModelBundleException;
import wurstchen.onnx.internal.bundle.BundleReaders;

/** Graphs, as they are read when a bundle is verified: limits, external weights. */
class GraphFuzzTest {
    @FuzzTest(maxDuration = HostileInput.DURATION)
    void anyGraph_isReadOrRefused(byte[] input) {
        HostileInput.read(() -> BundleReaders.readGraph(input), ModelBundleException.class);
    }
}
