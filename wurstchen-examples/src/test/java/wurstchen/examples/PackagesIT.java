package wurstchen.examples;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.common.collect.ImmutableMap;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Properties;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.jar.Attributes;
import java.util.jar.JarFile;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What is in the jars and poms that users get. Runs after they were built, in Maven's phase verify. */
class PackagesIT {
    private static final String VERSION = System.getProperty("project.version");
    private static final Path ROOT = Path.of("..");
    private static final String MODEL = EmbeddedModel.RESOURCE + "/";

    /** The first version without CVE-2025-48924. */
    private static final Runtime.Version COMMONS_LANG_WITHOUT_CVE = Runtime.Version.parse("3.18");

    private static final ImmutableMap<String, String> MODULES_BY_JAR = ImmutableMap.of(
            "wurstchen-core", "wurstchen.core",
            "wurstchen-onnx", "wurstchen.onnx",
            "wurstchen-examples", "wurstchen.examples",
            "wurstchen-onnx-model", "wurstchen.model");

    static Stream<Path> jars() {
        return Stream.of(
                jar("wurstchen-core", ""),
                jar("wurstchen-core", "-test-fixtures"),
                jar("wurstchen-core", "-test-fixtures-sources"),
                jar("wurstchen-core", "-sources"),
                jar("wurstchen-core", "-javadoc"),
                jar("wurstchen-onnx", ""),
                jar("wurstchen-onnx", "-model"),
                jar("wurstchen-onnx", "-sources"),
                jar("wurstchen-onnx", "-javadoc"),
                jar("wurstchen-examples", ""),
                jar("wurstchen-examples", "-sources"),
                jar("wurstchen-examples", "-javadoc"),
                allInOne());
    }

    private static Path jar(String module, String classifier) {
        return ROOT.resolve(module).resolve("target").resolve(module + "-" + VERSION + classifier + ".jar");
    }

    private static Path allInOne() {
        return ROOT.resolve("wurstchen-examples/target/wurstchen.jar");
    }

    @ParameterizedTest
    @MethodSource("jars")
    void everyJar_hasLicenceAndNoticeOnce(Path path) throws IOException {
        try (JarFile jar = new JarFile(path.toFile())) {
            assertThat(names(jar)).containsOnlyOnce("META-INF/LICENSE", "META-INF/NOTICE");
            assertThat(text(jar, "META-INF/LICENSE")).isEqualTo(Files.readString(ROOT.resolve("LICENSE")));
            assertThat(text(jar, "META-INF/NOTICE")).containsOnlyOnce(Files.readString(ROOT.resolve("NOTICE")).strip());
        }
    }

    @ParameterizedTest
    @MethodSource("jars")
    void everyJar_saysItsVersion(Path path) throws IOException {
        try (JarFile jar = new JarFile(path.toFile())) {
            Attributes main = jar.getManifest().getMainAttributes();

            assertThat(main.getValue(Attributes.Name.IMPLEMENTATION_VERSION)).isEqualTo(VERSION);
            assertThat(main.getValue(Attributes.Name.IMPLEMENTATION_TITLE)).startsWith("wurstchen-");
        }
    }

    @Test
    void jarsOfTheClassPath_nameTheirModules() throws IOException {
        for (var entry : MODULES_BY_JAR.entrySet()) {
            boolean model = entry.getKey().endsWith("-model");
            Path path = model ? jar("wurstchen-onnx", "-model") : jar(entry.getKey(), "");

            assertThat(moduleName(path)).as(path.toString()).isEqualTo(entry.getValue());
        }
    }

    private static String moduleName(Path path) throws IOException {
        try (JarFile jar = new JarFile(path.toFile())) {
            ZipEntry descriptor = jar.getEntry("module-info.class");
            if (descriptor == null) {
                return jar.getManifest().getMainAttributes().getValue("Automatic-Module-Name");
            }
            try (InputStream in = jar.getInputStream(descriptor)) {
                return java.lang.module.ModuleDescriptor.read(in).name();
            }
        }
    }

    @Test
    void modelInTheBox_isInItsOwnJarAndInTheOneForTheCommandLine() throws IOException {
        List<Path> holders = new ArrayList<>();
        for (Path path : jars().toList()) {
            try (JarFile jar = new JarFile(path.toFile())) {
                if (names(jar).stream().anyMatch(name -> name.startsWith(MODEL))) {
                    holders.add(path);
                    assertModelIsWhole(jar);
                }
            }
        }

        assertThat(holders).containsExactly(jar("wurstchen-onnx", "-model"), allInOne());
    }

    private static void assertModelIsWhole(JarFile jar) throws IOException {
        JsonNode manifest = new ObjectMapper().readTree(text(jar, MODEL + "model.json"));
        List<String> listed = new ArrayList<>(List.of(MODEL + "model.json"));
        manifest.path("files").forEach(file -> listed.add(MODEL + file.path("path").asText()));

        assertThat(names(jar).stream().filter(name -> name.startsWith(MODEL) && !name.endsWith("/")))
                .containsExactlyInAnyOrderElementsOf(listed);
    }

    @Test
    void jarOfTheFixtures_hasFakesThatNeedNothingButThePublicPackages() throws IOException {
        Path path = jar("wurstchen-core", "-test-fixtures");
        try (JarFile jar = new JarFile(path.toFile())) {
            assertThat(names(jar).stream().filter(name -> name.endsWith(".class")))
                    .contains("wurstchen/fixtures/FormulaStages.class")
                    .allMatch(name -> name.startsWith("wurstchen/fixtures/"));
        }
        assertThat(moduleName(path)).isEqualTo("wurstchen.fixtures");
    }

    /** Links from one artifact's pages to the other's, where both lie side by side by artifact and version. */
    @Test
    void javadocOfOnnx_linksPagesOfCoreThatAreThere() throws IOException {
        List<String> pages = new ArrayList<>();
        try (JarFile onnx = new JarFile(jar("wurstchen-onnx", "-javadoc").toFile());
                JarFile core = new JarFile(jar("wurstchen-core", "-javadoc").toFile())) {
            for (String name : names(onnx).stream().filter(page -> page.endsWith(".html")).toList()) {
                String up = "../".repeat(name.split("/").length + 1);
                Matcher link = Pattern.compile("href=\"" + Pattern.quote(up + "wurstchen-core/" + VERSION + "/") + "([^\"#]+)")
                        .matcher(text(onnx, name));
                while (link.find()) {
                    pages.add(link.group(1));
                }
            }
            assertThat(pages).contains("wurstchen.core/wurstchen/Wurstchen.html");
            assertThat(names(core)).containsAll(pages);
        }
    }

    /** JDK 17 does not know snippets; its pages lack the examples. */
    @Test
    void javadoc_showsItsExamples() throws IOException {
        boolean expected = Runtime.version().feature() >= 18;
        try (JarFile onnx = new JarFile(jar("wurstchen-onnx", "-javadoc").toFile());
                JarFile core = new JarFile(jar("wurstchen-core", "-javadoc").toFile())) {
            assertThat(text(onnx, "wurstchen.onnx/wurstchen/onnx/OnnxWurstchen.html").contains("snippet-container")).isEqualTo(expected);
            assertThat(text(core, "wurstchen.core/wurstchen/Wurstchen.html").contains("snippet-container")).isEqualTo(expected);
        }
    }

    /** A service that takes the model as a dependency gets nothing else with it. */
    @Test
    void jarOfTheModel_hasNoClasses() throws IOException {
        try (JarFile jar = new JarFile(jar("wurstchen-onnx", "-model").toFile())) {
            assertThat(names(jar)).noneMatch(name -> name.endsWith(".class"));
        }
    }

    @ParameterizedTest
    @MethodSource("poms")
    void pom_namesArtifactsWithoutProperties(Path pom) throws IOException {
        String withoutSettings = Files.readString(pom).replaceAll("(?s)<configuration>.*?</configuration>", "");
        assertThat(withoutSettings).contains("<artifactId>").doesNotContainPattern("<(artifactId|groupId)>[^<]*\\$\\{");
    }

    static Stream<Path> poms() {
        return Stream.of("", "wurstchen-core", "wurstchen-onnx", "wurstchen-examples").map(module -> ROOT.resolve(module).resolve("pom.xml"));
    }

    @Test
    void commonsLang_hasNoKnownWeakness() throws IOException {
        Properties found = new Properties();
        try (InputStream in = PackagesIT.class.getResourceAsStream("/META-INF/maven/org.apache.commons/commons-lang3/pom.properties")) {
            found.load(in);
        }

        assertThat(Runtime.Version.parse(found.getProperty("version").replaceFirst("\\.0$", "")))
                .isGreaterThanOrEqualTo(COMMONS_LANG_WITHOUT_CVE);
    }

    private static List<String> names(JarFile jar) {
        return Collections.list(jar.entries()).stream().map(ZipEntry::getName).toList();
    }

    private static String text(JarFile jar, String name) throws IOException {
        try (InputStream in = jar.getInputStream(jar.getEntry(name))) {
            return new String(in.readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
        }
    }
}
