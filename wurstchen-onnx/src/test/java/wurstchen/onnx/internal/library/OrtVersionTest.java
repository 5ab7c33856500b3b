package wurstchen.onnx.internal.library;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import wurstchen.WurstchenException;
import wurstchen.onnx.internal.common.FakeHost;

class OrtVersionTest {
    @TempDir
    private Path folder;

    private OrtArtifact artifact(String version) throws IOException {
        Path jar = FakeOrtJar.write(folder.resolve("onnxruntime.jar"), version, Map.of("libonnxruntime.so", new byte[1]));
        return FakeOrtJar.artifact(new FakeHost(folder).host(), jar);
    }

    @ParameterizedTest
    @ValueSource(strings = {"1.17.3", "1.23.2", "1.9", "0.30.0"})
    void olderVersions_areTold(String version) throws IOException {
        OrtArtifact artifact = artifact(version);
        assertThatThrownBy(() -> OrtVersion.check(artifact))
                .isInstanceOf(WurstchenException.class)
                .hasMessage("ONNX Runtime 1.24 or newer is needed, " + version + " is on the class path (" + artifact.jars().get(0)
                        + "): another dependency asks for it; depend on com.microsoft.onnxruntime:onnxruntime:1.29.0, with which this library"
                        + " is tested");
    }

    @ParameterizedTest
    @ValueSource(strings = {"1.24.0", "1.29.0", "1.100", "2.0.0-rc1", "", "mine"})
    void othersAreTried(String version) throws IOException {
        OrtArtifact artifact = artifact(version);
        assertThatCode(() -> OrtVersion.check(artifact)).doesNotThrowAnyException();
    }
}
