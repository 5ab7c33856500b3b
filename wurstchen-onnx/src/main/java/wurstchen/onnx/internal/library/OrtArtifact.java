package wurstchen.onnx.internal.library;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.JarURLConnection;
import java.net.URL;
import java.net.URLConnection;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.jar.Attributes;
import java.util.jar.JarFile;
import wurstchen.onnx.internal.common.HostSystem;

/**
 * The ONNX Runtime artifact on the class path: {@code onnxruntime} (CPU) and {@code onnxruntime_gpu} (CPU and CUDA) have the same classes
 * and differ in their libraries. Finding it initializes no class of ONNX Runtime, so its libraries are not loaded.
 *
 * @param platform the folder of this machine's libraries in the jar, such as {@code linux-x64}
 * @param version from the jar's manifest; empty if missing
 * @param libraries this machine's libraries by name ({@code onnxruntime}), those that are present, all of one artifact
 * @param jars the jars or folders that hold ONNX Runtime; more than one is an error in the class path
 */
public record OrtArtifact(String platform, Optional<String> version, ImmutableMap<String, URL> libraries, ImmutableList<String> jars) {
    public static final String CORE = "onnxruntime";
    public static final String JNI = "onnxruntime4j_jni";
    public static final String SHARED = "onnxruntime_providers_shared";
    public static final String CUDA = "onnxruntime_providers_cuda";

    private static final String PACKAGE = "ai/onnxruntime/";
    private static final String A_CLASS = PACKAGE + "OrtEnvironment.class";

    /** Replaces Implementation-Version in a shaded jar, which has a manifest of its own. */
    private static final Attributes.Name VERSION_IN_SHADED_JAR = new Attributes.Name("Onnxruntime-Version");

    public static OrtArtifact find(ClassLoader loader, HostSystem host) {
        String folder = PACKAGE + "native/" + host.platform() + "/";
        URL core = loader.getResource(folder + host.libraryFile(CORE));
        ImmutableMap.Builder<String, URL> libraries = ImmutableMap.builder();
        if (core != null) {
            libraries.put(CORE, core);
            for (String name : List.of(JNI, SHARED, CUDA)) {
                URL found = loader.getResource(folder + host.libraryFile(name));
                // If both artifacts are on the class path, a provider library of one does not work with the core library of the other.
                if (found != null && folder(found).equals(folder(core))) {
                    libraries.put(name, found);
                }
            }
        }
        return new OrtArtifact(
                host.platform(),
                Optional.ofNullable(core).flatMap(OrtArtifact::version),
                libraries.buildOrThrow(),
                jars(loader));
    }

    /** Returns whether the libraries can use a GPU: {@code onnxruntime_gpu} contains the CUDA provider. */
    public boolean hasCuda() {
        return libraries.containsKey(CUDA);
    }

    /** Returns the name of the artifact that contains these libraries. */
    String name() {
        return hasCuda() ? "onnxruntime_gpu" : "onnxruntime";
    }

    private static String folder(URL file) {
        return file.toString().replaceFirst("[^/]*$", "");
    }

    private static ImmutableList<String> jars(ClassLoader loader) {
        try {
            return Collections.list(loader.getResources(A_CLASS)).stream()
                    .map(url -> url.toString().replaceFirst("!?/" + A_CLASS + "$", "").replaceFirst("^jar:", ""))
                    .distinct()
                    .collect(ImmutableList.toImmutableList());
        } catch (IOException e) {
            throw new UncheckedIOException("cannot search the class path", e);
        }
    }

    private static Optional<String> version(URL core) {
        try {
            URLConnection connection = core.openConnection();
            if (!(connection instanceof JarURLConnection jar)) {
                return Optional.empty();
            }
            jar.setUseCaches(false);
            try (JarFile file = jar.getJarFile()) {
                if (file.getManifest() == null) {
                    return Optional.empty();
                }
                Attributes main = file.getManifest().getMainAttributes();
                String shaded = main.getValue(VERSION_IN_SHADED_JAR);
                return Optional.ofNullable(shaded != null ? shaded : main.getValue(Attributes.Name.IMPLEMENTATION_VERSION));
            }
        } catch (IOException e) {
            return Optional.empty(); // Used only in a name that people read: the hash of the contents tells versions apart.
        }
    }
}
