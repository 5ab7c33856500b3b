package wurstchen.onnx.internal.library;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.collect.ImmutableMap;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import wurstchen.onnx.process.ChildJvm;

class TelemetryTest {
    private static final String JNA_CACHE = "JNA";

    @TempDir
    private Path folder;

    private Path crashes;
    private Path home;

    @BeforeEach
    void makeFolders() throws Exception {
        crashes = Files.createDirectory(folder.resolve("crashes"));
        home = Files.createDirectory(folder.resolve("home"));
    }

    private ChildJvm start(ImmutableMap<String, String> variables) throws Exception {
        // ONNX Runtime keeps reports under these, and sends none from a build server, which this may be.
        return ChildJvm.withOnlyTheseVariables(
                crashes,
                ImmutableMap.<String, String>builder()
                        .put("HOME", home.toString())
                        .put("XDG_CACHE_HOME", home.toString())
                        .putAll(variables)
                        .buildOrThrow(),
                TelemetryProgram.class);
    }

    @Test
    void onnxRuntime_reportsNothing() throws Exception {
        assertThat(start(ImmutableMap.of()).exits(0)).containsExactly("ORT_DISABLE_TELEMETRY=1");

        assertThat(home.toFile().list()).as("where ONNX Runtime would keep its reports").isSubsetOf(JNA_CACHE);
    }

    @Test
    void whatTheUserHasSet_stays() throws Exception {
        assertThat(start(ImmutableMap.of(Telemetry.VARIABLE, "true")).exits(0)).containsExactly("ORT_DISABLE_TELEMETRY=true");
    }
}
