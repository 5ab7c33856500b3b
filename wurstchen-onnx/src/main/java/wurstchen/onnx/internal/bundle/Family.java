package wurstchen.onnx.internal.bundle;

import static java.util.stream.Collectors.joining;

import com.google.common.collect.ImmutableMap;
import java.util.ServiceLoader;
import wurstchen.onnx.Manifest;
import wurstchen.onnx.ModelBundleException;
import wurstchen.onnx.internal.common.OneLine;

/**
 * A family of models: which graphs, text encoders and tokenizers its bundles have. Everything that is a number (geometry, scales, schedules,
 * defaults) is in the manifest. Families are found as services, so another one is a class and its name in {@code META-INF/services} (and
 * {@code module-info}).
 */
public interface Family {
    /** Returns the value of {@code family} in the manifest. */
    String name();

    /** Returns the name of the tokenizer of Stage C's text encoder in the manifest. */
    String tokenizerC();

    /** Returns the name of the tokenizer of Stage B's text encoder in the manifest; Stage C's if they share it. */
    String tokenizerB();

    /** Returns the graph of Stage C's text encoder. */
    String textEncoderC();

    /** Returns the graph of Stage B's text encoder; Stage C's if they share it. */
    String textEncoderB();

    /**
     * Checks that the graphs of a bundle are those of the family and fit each other.
     *
     * @throws ModelBundleException naming the first graph that does not
     */
    void check(Manifest manifest);

    /**
     * Returns the family of a bundle.
     *
     * @throws ModelBundleException if this library does not run it
     */
    static Family of(Manifest manifest) {
        return named(manifest.about().family());
    }

    /**
     * Returns a family.
     *
     * @throws ModelBundleException if this library does not run it
     */
    static Family named(String name) {
        Family family = Families.ALL.get(name);
        if (family == null) {
            throw new ModelBundleException(Manifest.FILE_NAME + ": unknown family '" + OneLine.of(name) + "', this library runs "
                    + Families.ALL.keySet().stream().sorted().map(known -> "'" + known + "'").collect(joining(", "))
                    + "; use a newer version of the library, or another model");
        }
        return family;
    }

    /** The families on the class path or module path, by their names. */
    final class Families {
        private static final ImmutableMap<String, Family> ALL = ServiceLoader.load(Family.class, Family.class.getClassLoader()).stream()
                .map(ServiceLoader.Provider::get)
                .collect(ImmutableMap.toImmutableMap(Family::name, family -> family));

        private Families() {}
    }
}
