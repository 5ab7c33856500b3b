package wurstchen.examples.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the report says is tested where it is made; here, that it is printed and that the exit code goes with it. */
final class DoctorCommandTest {
    @TempDir
    private Path folder;

    @Test
    void usableDevice_isZero() {
        CommandRun run = CommandRun.of(folder, "doctor", "--device=cpu");

        assertThat(run.out())
                .startsWith("cpu can be used" + System.lineSeparator() + "system:         ")
                .contains("trial:          ONNX Runtime ");
        assertThat(run.err()).isEmpty();
        assertThat(run.exitCode()).isZero();
    }

    @Test
    void unusableDevice_isOne() {
        CommandRun run = CommandRun.of(folder, "doctor", "--device=cuda:999");

        assertThat(run.out()).startsWith("cuda:999 cannot be used:" + System.lineSeparator() + "  1. ").contains("ONNX Runtime:   ");
        assertThat(run.err()).isEmpty();
        assertThat(run.exitCode()).isEqualTo(1);
    }

    @Test
    void generateOnAnUnusableGpu_printsTheSameReportAndMakesNothing() {
        CommandRun run = CommandRun.generateTiny(folder, "a cat", "--device=cuda:999");
        CommandRun doctor = CommandRun.of(folder, "doctor", "--device=cuda:999");

        assertThat(run.err().lines().filter(line -> !line.contains("ONNX Runtime says: ")))
                .containsExactlyElementsOf(("wurstchen: " + doctor.out())
                        .lines()
                        // Reading every byte takes too long for an error.
                        .filter(line -> !line.startsWith("verified: "))
                        .toList());
        assertThat(run.err()).contains("ONNX Runtime says: ");
        assertThat(run.out()).isEmpty();
        assertThat(run.exitCode()).isEqualTo(1);
        assertThat(folder).isEmptyDirectory();
    }

    @Test
    void unknownDevice_isWrongUsage() {
        CommandRun run = CommandRun.of(folder, "doctor", "--device=tpu");

        assertThat(run.err())
                .isEqualToNormalizingNewlines("wurstchen: --device: unknown device 'tpu': there are cpu, cuda and cuda:N, the GPU of"
                        + " index N\nsee: wurstchen doctor --help\n");
        assertThat(run.exitCode()).isEqualTo(2);
    }
}
