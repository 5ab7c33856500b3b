package wurstchen.examples.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import wurstchen.image.Picture;
import wurstchen.image.Png;

/** Previews as files. */
final class PreviewCommandsTest {
    @TempDir
    private Path folder;

    private Picture preview(String file) {
        return Png.read(folder.resolve("watch").resolve(file)).picture();
    }

    /** The model in the box has a projection; a cell of Stage C is 8 px. */
    @Test
    void previews_areWrittenBesideTheSamePicture() {
        CommandRun plain = CommandRun.of(folder, "generate", "a red apple", "--seed=1", "--stage-c-steps=4", "--stage-b-steps=3", "-o", "plain.png");
        CommandRun watched = CommandRun.of(
                folder, "generate", "a red apple", "--seed=1", "--stage-c-steps=4", "--stage-b-steps=3", "-o", "a.png", "--previews=watch",
                "--preview-every=2");

        assertThat(plain.exitCode()).isZero();
        assertThat(watched.err()).isEmpty();
        assertThat(folder.resolve("watch").toFile().list())
                .containsExactlyInAnyOrder("stage-c-002.png", "stage-c-004.png", "stage-b-002.png", "stage-b-003.png");
        assertThat(preview("stage-c-004.png").width()).isEqualTo(48);
        assertThat(preview("stage-b-003.png").width()).isEqualTo(64);
        assertThat(preview("stage-c-002.png")).isNotEqualTo(preview("stage-c-004.png"));
        assertThat(folder.resolve("a.png")).hasSameBinaryContentAs(folder.resolve("plain.png"));
    }

    @Test
    void previewsOfSeveralPictures_areWholePicturesOnRequest() {
        CommandRun run = CommandRun.generateTiny(
                folder, "a cat", "--seed=1", "--pictures=2", "--out=a.png", "--previews=watch", "--preview-steps=1");

        assertThat(run.err()).isEmpty();
        assertThat(folder.resolve("watch").toFile().list()).containsExactlyInAnyOrder("0-stage-c-002.png", "1-stage-c-002.png");
        assertThat(preview("0-stage-c-002.png").width()).isEqualTo(384);
    }

    @Test
    void modelWithoutAProjection_isWrongUsage() {
        assertRefused(
                "--previews: this model has no projection for them; make whole pictures with --preview-steps 1, or add one to the model with"
                        + " `python -m wurstchen_export previews`",
                "--previews=watch");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "--preview-every=2 | --preview-every: name a folder with --previews FOLDER",
        "--preview-steps=2 | --preview-steps: name a folder with --previews FOLDER",
        "--previews=watch --preview-every=0 | --preview-every: previews must be at least 1 step apart, got 0",
        "--previews=watch --preview-steps=0 | --preview-steps: previews through Stage B need at least 1 step of it, got 0"
    })
    void optionsThatDoNotFit_areWrongUsage(String options, String message) {
        assertRefused(message, options.split(" "));
        assertThat(folder).isEmptyDirectory();
    }

    @Test
    void folderThatCannotBeMade_isAFailure() throws IOException {
        Files.writeString(folder.resolve("watch"), "a file");

        CommandRun run = CommandRun.generateTiny(folder, "a cat", "--out=a.png", "--previews=watch");

        assertThat(run.err())
                .isEqualToNormalizingNewlines("wurstchen: cannot make the folder " + folder.resolve("watch")
                        + " for previews: it is a file; name another one\n");
        assertThat(run.exitCode()).isEqualTo(1);
    }

    private void assertRefused(String message, String... options) {
        String[] args = new String[options.length + 1];
        args[0] = "a cat";
        System.arraycopy(options, 0, args, 1, options.length);
        CommandRun run = CommandRun.generateTiny(folder, args);
        assertThat(run.err().lines().findFirst()).hasValue("wurstchen: " + message);
        assertThat(run.exitCode()).isEqualTo(2);
    }
}
