package wurstchen.onnx.hostile;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.collect.ImmutableMap;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import wurstchen.PictureRequest;
import wurstchen.Wurstchen;
import wurstchen.WurstchenException;
import wurstchen.onnx.BundleCopy;
import wurstchen.onnx.ModelBundleException;
import wurstchen.onnx.OnnxWurstchen;
import wurstchen.text.VisibleText;

/**
 * Every hostile bundle is refused with the reason that {@code hostile/reasons.txt} says, or does no harm: nothing but the documented exceptions
 * leaves the API, each in one line that a terminal shows as it is, and soon.
 */
class HostileBundlesTest {
    private static final Path REASONS = Path.of("src/test/resources/hostile/reasons.txt");
    private static final String SEPARATOR = " -> ";
    private static final Duration LONGEST = Duration.ofSeconds(60);
    private static final int LONGEST_MESSAGE = 1500;

    @TempDir
    private Path folder;

    static Stream<HostileBundle> bundles() {
        return Stream.of(HostileManifests.all(), HostileFiles.all(), HostileTokenizers.all(), HostileGraphs.all()).flatMap(all -> all);
    }

    private static ImmutableMap<String, String> reasons() throws IOException {
        return Files.readAllLines(REASONS).stream()
                .map(line -> line.split(SEPARATOR, 2))
                .collect(ImmutableMap.toImmutableMap(line -> line[0], line -> line[1]));
    }

    @ParameterizedTest
    @MethodSource("bundles")
    void hostileBundle_isRefusedOrHarmless(HostileBundle bundle) throws Exception {
        BundleCopy copy = BundleCopy.in(folder);
        bundle.plant().in(copy);

        String outcome = Assertions.assertTimeoutPreemptively(LONGEST, () -> outcome(copy.folder()));

        assertThat(outcome).hasSizeLessThan(LONGEST_MESSAGE).isEqualTo(VisibleText.of(outcome));
        String found = outcome.replace(copy.folder().toString(), "FOLDER");
        String expected = reasons().getOrDefault(bundle.name(), "a reason in " + REASONS);
        if (expected.endsWith("...")) {
            assertThat(found).startsWith(expected.substring(0, expected.length() - 3));
        } else {
            assertThat(found).isEqualTo(expected);
        }
    }

    private static String outcome(Path model) {
        PictureRequest request = PictureRequest.builder("a cat").seed(1).stageCSteps(1).stageBSteps(1).build();
        try (Wurstchen wurstchen = OnnxWurstchen.builder().model(model).open()) {
            try {
                return "a picture of " + wurstchen.generate(request).first().picture().width() + " px";
            } catch (WurstchenException e) {
                return "opens; " + e.getMessage();
            }
        } catch (ModelBundleException e) {
            return "refused: " + e.getMessage();
        } catch (WurstchenException e) {
            return "fails: " + e.getMessage();
        }
    }

    @Test
    void thereAreMany_eachWithItsReason() throws IOException {
        List<String> names = bundles().map(HostileBundle::name).collect(Collectors.toList());
        assertThat(names).doesNotHaveDuplicates().hasSizeGreaterThanOrEqualTo(120).containsExactlyInAnyOrderElementsOf(reasons().keySet());
    }
}
