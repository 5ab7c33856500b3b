package wurstchen.onnx;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import wurstchen.onnx.internal.common.HostSystem;
import wurstchen.onnx.internal.library.OrtArtifact;

/** This machine, whatever it is: only what holds everywhere is asserted. */
class DoctorTest {
    @TempDir
    private Path folder;

    @Test
    void cpu_canBeUsedWhereTheseTestsRun() {
        DoctorReport report = Doctor.examine(Device.cpu());

        assertThat(report.problems()).isEmpty();
        assertThat(report.usable()).isTrue();
        assertThat(report.toString()).startsWith("cpu can be used" + System.lineSeparator() + "system:         ");
        assertThat(report.findings()).last().asString().matches("trial: {10}ONNX Runtime \\S+ runs on cpu, inputs and outputs bound");
    }

    @Test
    void gpuThatCannotBeUsed_isRefusedWithTheReport() {
        // No machine has a thousand GPUs: whatever is or is not here, something is missing.
        DoctorReport report = Doctor.examine(Device.cuda(999));

        assertThat(report.usable()).isFalse();
        assertThat(report.toString()).startsWith("cuda:999 cannot be used:" + System.lineSeparator() + "  1. ");
        assertThat(report.problems()).isNotEmpty();
    }

    /** What a JVM of its own runs, because libraries are loaded once. */
    static final class OneJvm {
        private OneJvm() {}

        public static void main(String[] args) {
            System.out.println(Doctor.examine(Device.cpu()).problems());
        }
    }

    @Test
    void librariesThatCannotBeLoaded_areSaid() throws Exception {
        String core = HostSystem.current().libraryFile(OrtArtifact.CORE);
        String jni = HostSystem.current().libraryFile(OrtArtifact.JNI);
        for (String library : List.of(core, jni)) {
            Files.writeString(folder.resolve(library), "no library");
        }
        Process jvm = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Donnxruntime.native.path=" + folder,
                        "-cp",
                        System.getProperty("java.class.path"),
                        OneJvm.class.getName())
                .start();

        String output = new String(jvm.getInputStream().readAllBytes(), UTF_8).strip();

        assertThat(output)
                .startsWith("[nothing is missing, but ONNX Runtime does not start: ONNX Runtime cannot load its libraries from "
                        + folder + ": "
                        + folder.resolve(core) + ": ")
                .endsWith("; they must be whole, for this system (" + HostSystem.current().platform() + "), and of one version]");
        assertThat(jvm.waitFor()).isZero();
    }
}
