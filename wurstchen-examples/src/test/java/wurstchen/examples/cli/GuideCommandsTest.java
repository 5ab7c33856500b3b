package wurstchen.examples.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import wurstchen.image.Png;

/** Every command of docs/guide.md, as a shell reads it, one after the other in one folder, with the model in the box. */
final class GuideCommandsTest {
    private static final Path GUIDE = Path.of("../docs/guide.md");
    private static final Pattern BLOCK = Pattern.compile("```sh\n(.*?)```", Pattern.DOTALL);

    /** They build the program that the test runs. */
    private static final List<String> BUILD = List.of("mvn -q -DskipTests package", "export PATH=$PWD/bin:$PATH");

    @TempDir
    private Path folder;

    @TempDir
    private Path bin;

    @Test
    void everyCommand_runsAsPrinted() throws Exception {
        List<String> commands = BLOCK.matcher(Files.readString(GUIDE))
                .results()
                .flatMap(block -> block.group(1).lines())
                .toList();
        assertThat(commands).containsAll(BUILD).hasSizeGreaterThan(15);
        writeLauncher();

        String script = commands.stream().filter(command -> !BUILD.contains(command)).collect(Collectors.joining("\n"));
        Process shell = shell(script);

        assertThat(shell.waitFor()).as(() -> read("output.txt")).isZero();
        assertThat(folder.toFile().list())
                .containsExactlyInAnyOrder(
                        "apple.png", "rebuilt.png", "relative-0.png", "relative-1.png", "prompts.txt", "list-0001.png", "list-0002.png", "weighted.png", "cold.png",
                        "red.safetensors", "fine.png", "watch", "watched.png", "piped.png", "apple.jpg", "steps.png");
        assertThat(Png.read(folder.resolve("piped.png")).text()).containsEntry("prompt", "a red apple");
        assertThat(read("output.txt"))
                .contains("make it again:", "2 pictures: 2 made in ", "\"made\":false", "draws:           Emoji-like pictures")
                .doesNotContain("warning", "note");
    }

    private Process shell(String script) throws IOException {
        ProcessBuilder builder = new ProcessBuilder("sh", "-e", "-c", script)
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .redirectOutput(bin.resolve("output.txt").toFile());
        builder.environment().merge("PATH", bin.toString(), (path, first) -> first + ":" + path);
        return builder.start();
    }

    private void writeLauncher() throws IOException {
        List<String> java = CommandProcess.builder(folder).command();
        Path launcher = bin.resolve("wurstchen");
        Files.writeString(
                launcher, "#!/bin/sh\nexec " + java.stream().map(MadeAgain::quoted).collect(Collectors.joining(" ")) + " \"$@\"\n");
        assertThat(launcher.toFile().setExecutable(true)).isTrue();
    }

    private String read(String name) {
        try {
            return Files.readString(bin.resolve(name));
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }
}
