package wurstchen.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import wurstchen.WurstchenException;

class RequirementTest {
    private static final Requirement HERE = Requirement.library(RequirementTest.class.getName(), "this test", "a:b");

    @Test
    void programWithEverything_passes() {
        assertThatCode(() -> Requirement.checkAll(List.of(HERE))).doesNotThrowAnyException();
    }

    @Test
    void everythingThatIsMissing_isNamedWithItsRemedy() {
        List<Requirement> all = List.of(
                Requirement.library("absent.Library", "A Library", "org.absent:library"),
                HERE,
                Requirement.runtimeModule("absent.Module", "java.absent"));

        assertThatThrownBy(() -> Requirement.checkAll(all))
                .isInstanceOf(WurstchenException.class)
                .hasMessage("this program lacks what wurstchen needs:"
                        + " A Library (no class absent.Library): add the artifact org.absent:library to the class path or module path;"
                        + " the Java runtime's module java.absent (no class absent.Module):"
                        + " add it to the image with jlink --add-modules java.absent");
    }

    @Test
    void librariesThatThisModuleCalls_areLookedFor() {
        ClassLoader jdkOnly = new ClassLoader(ClassLoader.getPlatformClassLoader()) {};

        assertThatThrownBy(() -> Requirement.checkAll(List.of(), jdkOnly))
                .isInstanceOf(WurstchenException.class)
                .message()
                .satisfies(message -> assertThat(Pattern.compile("add the artifact (\\S+) to").matcher(message).results())
                        .extracting(found -> found.group(1))
                        .containsExactly(
                                "com.google.guava:guava",
                                "com.google.guava:failureaccess",
                                "com.fasterxml.jackson.core:jackson-core",
                                "com.fasterxml.jackson.core:jackson-annotations",
                                "com.fasterxml.jackson.core:jackson-databind",
                                "com.ibm.icu:icu4j",
                                "org.apache.commons:commons-imaging",
                                "commons-io:commons-io",
                                "org.apache.commons:commons-lang3"));
    }
}
