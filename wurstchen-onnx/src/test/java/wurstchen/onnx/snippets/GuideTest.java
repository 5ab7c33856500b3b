package wurstchen.onnx.snippets;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The Java examples of the guides in docs are regions of tests, which compile and run them. A comment before each names its test and region, as
 * the Javadoc's snippets do: {@code <!-- ServiceSnippetsTest queue -->}.
 */
class GuideTest {
    private static final Path GUIDES = Path.of("../docs");
    private static final Pattern EXAMPLE = Pattern.compile("(?:<!-- (\\w+) ([\\w-]+) -->\n)?```java\n(.*?)```", Pattern.DOTALL);
    private static final List<Path> SNIPPETS = List.of(
            Path.of("../wurstchen-core/src/test/java/wurstchen/snippets"), Path.of("src/test/java/wurstchen/onnx/snippets"));

    @ParameterizedTest
    @CsvSource({"guide.md, 5", "service.md, 11", "pictures.md, 7"})
    void everyExample_isARegionOfATest(String guide, int atLeast) throws IOException {
        List<MatchResult> examples = EXAMPLE.matcher(Files.readString(GUIDES.resolve(guide))).results().toList();

        assertThat(examples).hasSizeGreaterThanOrEqualTo(atLeast).allSatisfy(example -> {
            assertThat(example.group(1)).as("the name of the test before\n%s", example.group(3)).isNotNull();
            assertThat(example.group(3)).isEqualTo(region(example.group(1), example.group(2)));
        });
    }

    private static String region(String test, String region) throws IOException {
        Path file = SNIPPETS.stream()
                .map(folder -> folder.resolve(test + ".java"))
                .filter(Files::exists)
                .findFirst()
                .orElseThrow(() -> new AssertionError("no test " + test));
        String source = Files.readString(file);
        String start = "// @start region=\"" + region + "\"\n";
        assertThat(source).contains(start);
        String from = source.substring(source.indexOf(start) + start.length());
        return from.substring(0, from.indexOf("// @end")).stripIndent().stripTrailing() + "\n";
    }
}
