package wurstchen.onnx;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The version that is told in several places. */
class VersionsTest {
    private static final Path PROJECT = Path.of("..");
    private static final Pattern OF_PARENT =
            Pattern.compile("<artifactId>wurstchen-parent</artifactId>\\s*<version>([^<]*)</version>");
    private static final Pattern OF_DEPENDENCY = Pattern.compile(
            "<groupId>io.github.wurstchen</groupId>\\s*<artifactId>wurstchen-[a-z]+</artifactId>\\s*<version>([^<]*)</version>");

    private static String read(String file) throws IOException {
        return Files.readString(PROJECT.resolve(file));
    }

    private static List<String> found(Pattern pattern, String text) {
        return pattern.matcher(text).results().map(match -> match.group(1)).toList();
    }

    private static String version() throws IOException {
        return found(OF_PARENT, read("pom.xml")).get(0);
    }

    private static List<Path> poms() throws IOException {
        try (Stream<Path> files = Files.find(
                PROJECT, 3, (file, about) -> file.endsWith("pom.xml") && !file.toString().contains("target"))) {
            return files.toList();
        }
    }

    @Test
    void modules_haveTheVersionOfTheParent() throws IOException {
        assertThat(poms()).hasSizeGreaterThan(4);
        for (Path pom : poms()) {
            assertThat(found(OF_PARENT, Files.readString(pom))).as("versions in %s", pom).containsOnly(version());
        }
    }

    @Test
    void guides_tellTheVersion() throws IOException {
        for (String guide : List.of("README.md", "docs/guide.md", "docs/service.md", "docs/cuda.md")) {
            assertThat(found(OF_DEPENDENCY, read(guide))).as("versions in %s", guide).isNotEmpty().containsOnly(version());
        }
    }

    @Test
    void exporterAndChangelog_haveTheVersion() throws IOException {
        String number = version().replace("-SNAPSHOT", "");
        assertThat(found(Pattern.compile("(?m)^version = \"(.*)\"$"), read("export/pyproject.toml"))).containsExactly(number);
        assertThat(found(Pattern.compile("(?m)^## ([0-9.]+)"), read("CHANGELOG.md"))).startsWith(number);
    }
}
