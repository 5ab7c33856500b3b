package wurstchen.onnx;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.collect.ImmutableSet;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.EvaluationResult;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import wurstchen.onnx.internal.common.PlantedUpwardCall;

class RoomsTest {
    private static final Path SOURCES = Path.of("src");
    private static final Path PROJECT = Path.of("..");
    private static final int MOST_FILES = 30;

    private static final JavaClasses CLASSES =
            new ClassFileImporter().withImportOption(new ImportOption.DoNotIncludeTests()).importPackages("wurstchen.onnx");

    static Stream<ArchRule> rules() {
        return Stream.concat(Rooms.rules(), Stream.of(Rooms.values()));
    }

    @ParameterizedTest
    @MethodSource("rules")
    void dependencies_runOneWay(ArchRule rule) {
        rule.check(CLASSES);
    }

    @Test
    void order_listsEveryPackageAfterThoseThatItUses() {
        ImmutableSet<String> rooms = CLASSES.stream()
                .map(found -> found.getPackageName())
                .filter(name -> name.startsWith("wurstchen.onnx.internal."))
                .map(name -> name.substring("wurstchen.onnx.internal.".length()))
                .collect(ImmutableSet.toImmutableSet());

        assertThat(Rooms.USES.keySet()).containsAll(rooms);
        List<String> order = Rooms.USES.keySet().asList();
        Rooms.USES.forEach((room, used) -> assertThat(order.subList(0, order.indexOf(room))).containsAll(used));
    }

    @Test
    void plantedUpwardCall_isFound() {
        JavaClasses planted = new ClassFileImporter().importClasses(PlantedUpwardCall.class);

        List<String> found = Rooms.rules()
                .map(rule -> rule.evaluate(planted))
                .filter(EvaluationResult::hasViolation)
                .map(result -> result.getFailureReport().toString())
                .toList();

        assertThat(found).hasSize(1);
        assertThat(found.get(0))
                .contains("because common may use only common and values of the public package")
                .contains("Method <wurstchen.onnx.internal.common.PlantedUpwardCall.problem()> calls method"
                        + " <wurstchen.onnx.internal.binding.NativeApi.problem()>");
    }

    @Test
    void publicPackageAndUpperRooms_knowNoJna() {
        noClasses()
                .that()
                .resideInAnyPackage("wurstchen.onnx", "..bundle", "..graph", "..cascade", "..doctor")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("com.sun.jna..")
                .check(CLASSES);
    }

    @Test
    void bundlesAreVerified_withoutOnnxRuntime() {
        noClasses().that().resideInAPackage("..bundle").should().dependOnClassesThat().resideInAPackage("ai.onnxruntime..").check(CLASSES);
    }

    @Test
    void everyPackage_saysWhatItIsFor() throws IOException {
        try (Stream<Path> folders = Files.walk(SOURCES.resolve("main/java/wurstchen"))) {
            assertThat(folders.filter(RoomsTest::holdsJava)).allSatisfy(folder -> assertThat(folder.resolve("package-info.java")).exists());
        }
    }

    /** The compiler checks for null in packages that are marked. */
    @Test
    void everyPackage_isMarked() {
        assertThat(CLASSES.stream().map(JavaClass::getPackage).distinct())
                .hasSizeGreaterThan(10)
                .allSatisfy(found -> assertThat(found.isAnnotatedWith(NullMarked.class)).as(found.getName()).isTrue());
    }

    @Test
    void everyFolder_canBeSeenAtOnce() throws IOException {
        try (Stream<Path> modules = Files.list(PROJECT)) {
            assertThat(modules.map(module -> module.resolve("src")).filter(Files::isDirectory)).hasSizeGreaterThan(2).allSatisfy(sources -> {
                try (Stream<Path> files = Files.walk(sources)) {
                    assertThat(files.filter(Files::isRegularFile).collect(Collectors.groupingBy(Path::getParent, Collectors.counting())))
                            .isNotEmpty()
                            .allSatisfy((folder, count) -> assertThat(count).as("files of %s", folder).isLessThanOrEqualTo(MOST_FILES));
                }
            });
        }
    }

    private static boolean holdsJava(Path folder) {
        try (Stream<Path> files = Files.list(folder)) {
            return files.anyMatch(file -> file.toString().endsWith(".java"));
        } catch (IOException e) {
            return false;
        }
    }
}
