package wurstchen.onnx;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.lang.ArchRule;
import java.util.List;
import java.util.stream.Stream;

/**
 * The internal packages of this module and what each may use, as their package-info says. A package may use only packages that stand before it
 * here, so dependencies run one way.
 */
final class Rooms {
    private static final String PUBLIC = "wurstchen.onnx";
    private static final String INTERNAL = "wurstchen.onnx.internal.";

    /** From the bottom up. */
    static final ImmutableMap<String, ImmutableSet<String>> USES = ImmutableMap.<String, ImmutableSet<String>>builder()
            .put("common", ImmutableSet.of())
            .put("capi", ImmutableSet.of("common"))
            .put("cuda", ImmutableSet.of("common"))
            .put("cache", ImmutableSet.of("common"))
            .put("library", ImmutableSet.of("common", "cache"))
            .put("bundle", ImmutableSet.of("common", "cache"))
            .put("fetch", ImmutableSet.of("common", "cache", "bundle"))
            .put("operators.callback", ImmutableSet.of("common", "capi"))
            .put("operators.gpu", ImmutableSet.of("common", "cuda"))
            .put("operators", ImmutableSet.of("common", "operators.callback", "operators.gpu"))
            .put("binding", ImmutableSet.of("common", "capi", "cuda", "library", "operators"))
            .put("graph", ImmutableSet.of("common", "cuda", "bundle", "binding", "operators"))
            .put("cascade", ImmutableSet.of("common", "bundle", "binding", "graph"))
            .put("family", ImmutableSet.of("common", "bundle", "graph", "cascade"))
            .put("doctor", ImmutableSet.of("common", "cuda", "library", "binding"))
            .buildOrThrow();

    /** The only classes of the public package that internal packages may use: values and exceptions. */
    private static final ImmutableSet<Class<?>> VALUES = ImmutableSet.of(
            Manifest.class,
            GraphSpec.class,
            TensorSpec.class,
            DoctorReport.class,
            ModelBundleException.class,
            CudaUnavailableException.class);

    private Rooms() {}

    /** One rule for each package: it uses only packages that it may use, and values of the public package. */
    static Stream<ArchRule> rules() {
        return USES.keySet().stream().map(Rooms::rule);
    }

    private static ArchRule rule(String room) {
        List<String> allowed = Stream.concat(USES.get(room).stream(), Stream.of(room)).sorted().toList();
        String[] allowedPackages = allowed.stream().map(name -> INTERNAL + name).toArray(String[]::new);
        DescribedPredicate<JavaClass> forbidden = describe(
                "any other package of the module",
                target -> target.getPackageName().startsWith(PUBLIC)
                        && !ImmutableSet.copyOf(allowedPackages).contains(target.getPackageName())
                        && !isValue(target));
        return noClasses()
                .that(resideInAPackage(INTERNAL + room))
                .should()
                .dependOnClassesThat(forbidden)
                .because(room + " may use only " + String.join(", ", allowed) + " and values of the public package")
                .allowEmptyShould(true);
    }

    /** Values use no internal package, so that using them from everywhere makes no circle. */
    static ArchRule values() {
        return noClasses()
                .that(describe("are values", Rooms::isValue))
                .should()
                .dependOnClassesThat(describe(
                        "anything of the module but values",
                        target -> target.getPackageName().startsWith(PUBLIC) && !isValue(target)));
    }

    private static boolean isValue(JavaClass found) {
        JavaClass outermost = found.getBaseComponentType();
        while (outermost.getEnclosingClass().isPresent()) {
            outermost = outermost.getEnclosingClass().get();
        }
        String name = outermost.getName();
        return VALUES.stream().anyMatch(value -> value.getName().equals(name));
    }
}
