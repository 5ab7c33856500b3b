package wurstchen.examples.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.hash.Hashing;
import com.google.common.io.MoreFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import wurstchen.onnx.internal.cache.FileStamp;
import wurstchen.onnx.internal.cache.HashRecord;
import wurstchen.onnx.internal.common.HostSystem;

/** Exit code 1, one line on standard error, nothing half-written. */
final class FailureTest {
    @TempDir
    private Path folder;

    @TempDir
    private Path bundle;

    private static void assertFailure(CommandRun run, String message) {
        assertThat(run.err()).isEqualToNormalizingNewlines(message + "\n");
        assertThat(run.exitCode()).isEqualTo(1);
    }

    @Test
    void missingOutFolder_failsBeforeTheModelIsLoaded() {
        CommandRun run = CommandRun.generateTiny(folder, "a cat", "--out=missing/cat.png");

        assertFailure(
                run,
                "wurstchen: cannot write " + folder.resolve("missing/cat.png") + ": " + folder.resolve("missing")
                        + " is not a folder; create it, or name one that exists");
        assertThat(run.out()).isEmpty();
        assertThat(folder).isEmptyDirectory();
    }

    @Test
    void fileAsOutFolder_failsBeforeTheModelIsLoaded() throws IOException {
        Files.writeString(folder.resolve("notes.txt"), "mine");

        CommandRun run = CommandRun.generateTiny(folder, "a cat", "--out=notes.txt/cat.png");

        assertFailure(
                run,
                "wurstchen: cannot write " + folder.resolve("notes.txt/cat.png") + ": " + folder.resolve("notes.txt")
                        + " is not a folder; create it, or name one that exists");
        assertThat(folder.resolve("notes.txt")).hasContent("mine");
    }

    @Test
    void missingModelFolder_fails() {
        Path missing = bundle.resolve("missing");

        assertFailure(CommandRun.of(folder, "generate", "a cat", "--model=" + missing), "wurstchen: no model at " + missing + ": no such folder; give the folder that holds model.json");
        assertThat(folder).isEmptyDirectory();
    }

    @Test
    void alteredFile_fails() throws IOException {
        BundleCopy.of(CommandRun.TINY_BUNDLE, bundle);
        String message = BundleCopy.alter(bundle, "stage_a_decode.onnx.data");

        assertFailure(CommandRun.of(folder, "generate", "a cat", "--model=" + bundle), "wurstchen: " + message);
        assertThat(folder).isEmptyDirectory();
    }

    /** What no program records: a hash that an altered file does not have. */
    @Test
    void alteredFileThatIsRecorded_failsWhenItIsToBeVerified() throws Exception {
        String name = "stage_a_decode.onnx.data";
        BundleCopy.of(CommandRun.TINY_BUNDLE, bundle);
        String hash = MoreFiles.asByteSource(bundle.resolve(name)).hash(Hashing.sha256()).toString();
        String message = BundleCopy.alter(bundle, name);
        while (!FileStamp.of(bundle.resolve(name)).tellsWritesFrom(Instant.now())) {
            Thread.sleep(100); // What was written just now is read again, whatever is recorded.
        }
        HashRecord.read(bundle.toRealPath().toString(), HostSystem.current())
                .with(Map.of(name, new HashRecord.Entry(hash, FileStamp.of(bundle.resolve(name)))))
                .write();

        CommandRun trusting = CommandRun.of(folder, "generate", "a cat", "--model=" + bundle, "--width=384", "--height=128", "--stage-c-steps=2");
        assertThat(trusting.err()).isEmpty();
        assertThat(trusting.exitCode()).isZero();
        assertFailure(CommandRun.of(folder, "generate", "a cat", "--model=" + bundle, "--verify"), "wurstchen: " + message);
        assertFailure(CommandRun.of(folder, "model", bundle.toString()), "wurstchen: " + message);
    }

    @Test
    void missingFile_fails() throws IOException {
        BundleCopy.of(CommandRun.TINY_BUNDLE, bundle);
        Files.delete(bundle.resolve("stage_c_step.onnx"));

        assertFailure(
                CommandRun.of(folder, "generate", "a cat", "--model=" + bundle),
                "wurstchen: stage_c_step.onnx: model.json lists this file, the folder " + bundle
                        + " does not hold it; export or download the bundle again");
        assertThat(folder).isEmptyDirectory();
    }

    @Test
    void stackTrace_isShownOnRequestOnly() {
        CommandRun run = CommandRun.of(folder, "generate", "a cat", "--out=missing/cat.png", "--stacktrace");

        assertThat(run.err()).contains("wurstchen.WurstchenException: cannot write", "\tat wurstchen.examples.cli.output.NamedFiles.check");
        assertThat(run.exitCode()).isEqualTo(1);
    }
}
