package wurstchen.onnx.fuzz;

import com.code_intelligence.jazzer.junit.FuzzTest;
import wurstchen.onnx.ModelBundleException;
import wurstchen.onnx.internal.bundle.BundleReaders;
import wurstchen.onnx.internal.graph.OperatorReaders;

/** Graphs, as they are read when they are opened: operators and functions. Those that verification refuses do not get there. */
class GraphOperatorsFuzzTest {
    @FuzzTest(maxDuration = HostileInput.DURATION)
    void operatorsOfAnyGraph_areReadOrRefused(byte[] input) {
        try {
            BundleReaders.readGraph(input);
        } catch (ModelBundleException e) {
            return;
        }
        HostileInput.read(() -> OperatorReaders.read(input), IllegalArgumentException.class);
    }
}
