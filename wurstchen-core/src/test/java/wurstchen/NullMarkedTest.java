package wurstchen;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The compiler checks for null in packages that are marked. */
class NullMarkedTest {
    private static final Path SOURCES = Path.of("src/main/java");

    @Test
    void everyPackage_isMarked() throws IOException {
        try (Stream<Path> files = Files.walk(SOURCES)) {
            List<Path> packages = files.filter(file -> file.toString().endsWith(".java") && !file.endsWith("module-info.java"))
                    .map(Path::getParent)
                    .distinct()
                    .toList();

            assertThat(packages).hasSizeGreaterThan(5).allSatisfy(folder -> assertThat(folder.resolve("package-info.java"))
                    .content()
                    .contains("\n@NullMarked\npackage "));
        }
    }
}
