package wurstchen.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import wurstchen.examples.cli.BundleCopy;
import wurstchen.examples.cli.CommandRun;

final class ReadmeExampleTest {
    private static final Path SOURCE = Path.of("src/test/java/wurstchen/examples/ReadmeExample.java");

    @TempDir
    private Path folder;

    @Test
    void readme_showsTheExampleThatIsCompiled() throws IOException {
        List<String> readme = Files.readAllLines(Path.of("../README.md"));
        List<String> afterMarker = readme.subList(readme.indexOf("<!-- example -->"), readme.size());

        assertThat(between(afterMarker, "```java", "```"))
                .isEqualTo(between(Files.readAllLines(SOURCE), "// example", "// end"));
    }

    /** In a JVM of its own, because the example names files of the current folder. */
    @Test
    void example_makesAPicture() throws Exception {
        BundleCopy.of(CommandRun.TINY_BUNDLE, Files.createDirectory(folder.resolve("model")));

        Path java = Path.of(System.getProperty("java.home"), "bin", "java");
        Process process = new ProcessBuilder(
                        java.toString(), "-cp", System.getProperty("java.class.path"), ReadmeExample.class.getName())
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("output.txt").toFile())
                .start();

        assertThat(process.waitFor()).as(() -> folder.resolve("output.txt").toString()).isZero();
        assertThat(ImageIO.read(folder.resolve("apple.png").toFile())).isNotNull();
    }

    /** The lines between two lines, without the indentation that they share. */
    private static String between(List<String> lines, String first, String last) {
        List<String> stripped = lines.stream().map(String::strip).toList();
        int from = stripped.indexOf(first) + 1;
        assertThat(from).as("a line " + first).isPositive();
        int length = stripped.subList(from, stripped.size()).indexOf(last);
        assertThat(length).as("lines up to " + last).isPositive();
        return String.join("\n", lines.subList(from, from + length)).stripIndent();
    }
}
