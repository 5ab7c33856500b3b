package wurstchen.examples.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ModelCommandTest {
    @TempDir
    private Path bundle;

    @Test
    void goodBundle_isDescribed() {
        CommandRun run = CommandRun.of(bundle, "model", CommandRun.TINY_BUNDLE.toString(), "--all");

        assertThat(run.err()).isEmpty();
        assertThat(run.out().lines().toList())
                .contains("family:          wuerstchen-v2", "precision:       fp32, weights stored as fp32", "Stage C latents: [1, 16, 6, 6] of such a picture")
                .contains("Stage C:         4 steps, guidance 4.0 unless asked otherwise", "  stage_c_step")
                .contains("    takes step_table float32 [steps, 5]", "    makes next_step int64 [1]")
                .anyMatch(line -> line.matches(" +[\\d,]+  stage_c_step\\.onnx\\.data"))
                .endsWith("verified: every file has the size and SHA-256 of the manifest, and there is no other")
                .contains("example:         wurstchen generate 'a red apple on a blue background' --model " + CommandRun.TINY_BUNDLE);
        assertThat(run.exitCode()).isZero();
    }

    @Test
    void modelInTheBox_isDescribed() {
        CommandRun run = CommandRun.of(bundle, "model");

        assertThat(run.out())
                .startsWith("draws:           Emoji-like pictures of ")
                .contains("licence:  ", "verified: ", "example:         wurstchen generate 'a red apple on a blue background'")
                .doesNotContain("graphs:", "onnx.data");
        assertThat(run.exitCode()).isZero();
    }

    @Test
    void alteredBundle_isNotDescribed() throws IOException {
        BundleCopy.of(CommandRun.TINY_BUNDLE, bundle);
        String message = BundleCopy.alter(bundle, "stage_b_step.onnx");

        CommandRun run = CommandRun.of(bundle, "model", bundle.toString());

        assertThat(run.out()).isEmpty();
        assertThat(run.err()).isEqualToNormalizingNewlines("wurstchen: " + message + "\n");
        assertThat(run.exitCode()).isEqualTo(1);
    }

    @Test
    void folderWithoutManifest_isNotABundle() {
        CommandRun run = CommandRun.of(bundle, "model", bundle.toString());

        assertThat(run.err()).isEqualToNormalizingNewlines("wurstchen: no model at " + bundle + ": the folder has no model.json; give the folder that the exporter wrote\n");
        assertThat(run.exitCode()).isEqualTo(1);
    }
}
