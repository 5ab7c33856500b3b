package wurstchen.onnx.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import wurstchen.onnx.Golden;

/** What a program finds on its standard output and standard error that it did not print: nothing. */
class QuietTest {
    @TempDir
    private Path folder;

    @TempDir
    private Path elsewhere;

    private List<String> output(String... arguments) throws Exception {
        return new ChildJvm(folder, QuietProgram.class, arguments).exits(0);
    }

    @Test
    void picturesAndCancelledRequests_printNothing() throws Exception {
        assertThat(output(Golden.BUNDLE.toString())).containsExactly("done");
    }

    @Test
    void librariesThatDoNotLoad_areNamedInOneLineWithoutAStackTrace() throws Exception {
        Path libraries = Files.createDirectory(elsewhere.resolve("libraries"));
        for (String name : List.of("onnxruntime", "onnxruntime4j_jni")) {
            Files.writeString(libraries.resolve(System.mapLibraryName(name)), "no library");
        }

        // The JVM itself may say that it cannot fix the library's stack guard.
        List<String> lines = output(Golden.BUNDLE.toString(), libraries.toString());
        assertThat(lines).noneMatch(line -> line.contains("Exception") || line.contains("Error") || line.strip().startsWith("at "));
        assertThat(lines.get(lines.size() - 1))
                .startsWith("ONNX Runtime cannot load its libraries from " + libraries + ": ")
                .endsWith(", and of one version");
    }
}
