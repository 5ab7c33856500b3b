package wurstchen.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import wurstchen.image.Png;

/** {@code bin/wurstchen}. Runs after the jar was built, in Maven's phase verify. */
class LauncherIT {
    private static final Path LAUNCHER = Path.of("../bin/wurstchen").toAbsolutePath().normalize();

    @TempDir
    private Path folder;

    @TempDir
    private Path cache;

    private String run(String... args) throws Exception {
        List<String> command = new ArrayList<>(List.of(LAUNCHER.toString()));
        command.addAll(List.of(args));
        ProcessBuilder builder = new ProcessBuilder(command).directory(folder.toFile()).redirectErrorStream(true);
        builder.environment().put("XDG_CACHE_HOME", cache.toString());
        builder.environment().remove("WURSTCHEN_CACHE");
        builder.environment().remove("JAVA_OPTS");
        Process process = builder.start();
        String printed = new String(process.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(printed).isZero();
        return printed;
    }

    private List<String> archives() throws IOException {
        try (var files = Files.list(cache.resolve("wurstchen/classes"))) {
            return files.map(file -> file.getFileName().toString()).toList();
        }
    }

    /** Returns the kept graphs, and when each was written. */
    private Map<Path, FileTime> keptGraphs() throws IOException {
        Map<Path, FileTime> found = new TreeMap<>();
        try (Stream<Path> files = Files.walk(cache.resolve("wurstchen/graphs"))) {
            for (Path file : files.filter(file -> file.endsWith("model.onnx")).toList()) {
                found.put(file, Files.getLastModifiedTime(file));
            }
        }
        return found;
    }

    @Test
    void secondCommand_usesTheArchiveOfTheFirstAndPrintsTheSame() throws Exception {
        String first = run("generate", "a red apple", "--seed", "1", "--stage-c-steps", "2", "-o", "one.png");
        assertThat(archives()).hasSize(1).allMatch(name -> name.endsWith(".jsa"));
        Map<Path, FileTime> kept = keptGraphs();
        String second = run("generate", "a red apple", "--seed", "1", "--stage-c-steps", "2", "-o", "two.png");

        assertThat(first.lines()).hasSize(3);
        assertThat(second.lines()).hasSize(3);
        assertThat(kept).hasSize(8);
        assertThat(keptGraphs()).isEqualTo(kept);
        assertThat(folder.resolve("one.png")).hasSameBinaryContentAs(folder.resolve("two.png"));
        assertThat(Png.read(folder.resolve("one.png")).text()).containsEntry("prompt", "a red apple");
        assertThat(run("show", "one.png")).contains("  " + LAUNCHER + " generate 'a red apple' --seed 1 ");
    }
}
