package wurstchen.onnx;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.collect.ImmutableSet;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaMember;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.domain.JavaType;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.lang.module.ModuleDescriptor;
import java.lang.module.ModuleFinder;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import wurstchen.Wurstchen;

/** What programs see of both modules is made of their own exported types and Java's: no Guava, Jackson, JNA or ONNX Runtime. */
class PublicTypesTest {
    private static Set<String> exportedPackages() throws URISyntaxException {
        ImmutableSet.Builder<String> exported = ImmutableSet.builder();
        for (Class<?> each : List.of(Wurstchen.class, OnnxWurstchen.class)) {
            Path place = Path.of(each.getProtectionDomain().getCodeSource().getLocation().toURI());
            ModuleDescriptor module = ModuleFinder.of(place).findAll().iterator().next().descriptor();
            module.exports().stream()
                    .filter(export -> !export.isQualified())
                    .map(ModuleDescriptor.Exports::source)
                    .forEach(exported::add);
        }
        return exported.build();
    }

    private static boolean isVisible(Set<JavaModifier> modifiers) {
        return modifiers.contains(JavaModifier.PUBLIC) || modifiers.contains(JavaModifier.PROTECTED);
    }

    /** A nested class is visible where all that enclose it are. */
    private static boolean isVisible(JavaClass type) {
        return isVisible(type.getModifiers()) && type.getEnclosingClass().map(PublicTypesTest::isVisible).orElse(true);
    }

    private static Stream<String> typesOf(JavaClass type) {
        Stream<String> above = Stream.concat(type.getSuperclass().stream(), type.getInterfaces().stream())
                .map(JavaType::getAllInvolvedRawTypes)
                .flatMap(Set::stream)
                .map(used -> type.getName() + " is a " + used.getBaseComponentType().getName());
        Stream<String> members = type.getMembers().stream()
                .filter(member -> isVisible(member.getModifiers()))
                .flatMap(PublicTypesTest::typesOf);
        return Stream.concat(above, members);
    }

    private static Stream<String> typesOf(JavaMember member) {
        return member.getAllInvolvedRawTypes().stream()
                .map(used -> member.getFullName() + " has a " + used.getBaseComponentType().getName());
    }

    @Test
    void exportedTypes_nameJavasAndTheirOwnOnly() throws URISyntaxException {
        Set<String> exported = exportedPackages();
        assertThat(exported)
                .containsExactlyInAnyOrder(
                        "wurstchen",
                        "wurstchen.image",
                        "wurstchen.pool",
                        "wurstchen.progress",
                        "wurstchen.sampling",
                        "wurstchen.stage",
                        "wurstchen.text",
                        "wurstchen.onnx");
        Set<JavaClass> visible = new ClassFileImporter()
                .withImportOption(new ImportOption.DoNotIncludeTests())
                .importPackages(exported).stream()
                        .filter(type -> exported.contains(type.getPackageName()) && isVisible(type))
                        .collect(Collectors.toSet());
        assertThat(visible).hasSizeGreaterThan(60);

        String allowed = "( is| has) a (void|boolean|byte|char|short|int|long|float|double|java\\..*|("
                + String.join("|", exported).replace(".", "\\.") + ")\\.[A-Z].*)$";
        assertThat(visible.stream().flatMap(PublicTypesTest::typesOf).distinct())
                .hasSizeGreaterThan(500)
                .allMatch(use -> use.replaceFirst("^.*" + allowed, "").isEmpty());
    }
}
