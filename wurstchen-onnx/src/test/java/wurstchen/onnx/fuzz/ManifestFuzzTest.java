package wurstchen.onnx.fuzz;

import com.code_intelligence.jazzer.junit.DictionaryFile;
import com.code_intelligence.jazzer.junit.FuzzTest;
import wurstchen.onnx.ModelBundleException;
import wurstchen.onnx.internal.bundle.BundleReaders;

/** {@code model.json}. */
class ManifestFuzzTest {
    @DictionaryFile(resourcePath = "manifest.dict")
    @FuzzTest(maxDuration = HostileInput.DURATION)
    void anyManifest_isReadOrRefused(byte[] input) {
        HostileInput.read(() -> BundleReaders.readManifest(input), ModelBundleException.class);
    }
}
