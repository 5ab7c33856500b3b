package wurstchen.onnx.internal.library;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtLoggingLevel;
import com.google.common.collect.ImmutableList;
import com.google.common.hash.Hasher;
import com.google.common.hash.Hashing;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import wurstchen.WurstchenException;
import wurstchen.onnx.internal.common.HostSystem;
import wurstchen.onnx.internal.common.OneLine;

/**
 * Puts ONNX Runtime's libraries where it finds them, and starts it without its {@link Telemetry}; to be asked before
 * {@code ai.onnxruntime} is first used.
 *
 * <p>The CUDA provider has half a gigabyte, which ONNX Runtime unpacks into a temporary folder at every start unless
 * {@code onnxruntime.native.path} names a folder that holds it. So: a path that the user has set is used as it is; the libraries of
 * {@code onnxruntime_gpu} are unpacked once, into the user's {@linkplain CacheFolder cache}; those of {@code onnxruntime}, which are small
 * and have no provider, are left to ONNX Runtime.
 */
public final class OrtLibraries {
    /** ONNX Runtime's own property: a folder with its libraries, all of them. It is read once, when ONNX Runtime starts. */
    public static final String NATIVE_PATH = "onnxruntime.native.path";

    /** What {@link #NATIVE_PATH} was set to here, to tell it from what the user has set. */
    static final String CACHE_PATH = "wurstchen.native.path";

    private static Optional<Path> prepared;

    private OrtLibraries() {}

    /**
     * Prepares the libraries of this JVM. The first call decides; later ones return the same and cost nothing.
     *
     * @return the folder that ONNX Runtime loads its libraries from, as set in {@code onnxruntime.native.path}; empty if it unpacks them
     *     into a folder of its own, which only it knows (on Linux, {@code dlopen} finds the loaded core by the name libonnxruntime.so.1)
     * @throws WurstchenException if the path that the user has set lacks a library, the cache cannot be written, or ONNX Runtime does not
     *     load its libraries
     */
    public static synchronized Optional<Path> prepare() {
        if (prepared == null) {
            HostSystem host = HostSystem.current();
            // Naming the class does not load ONNX Runtime's libraries, using it would.
            OrtArtifact artifact = OrtArtifact.find(OrtEnvironment.class.getClassLoader(), host);
            Optional<Path> folder = prepare(artifact, host);
            if (folder.isPresent() && chosenByUser(host).isEmpty()) {
                System.setProperty(CACHE_PATH, folder.get().toString());
                System.setProperty(NATIVE_PATH, folder.get().toString());
            }
            Telemetry.beforeStart(host);
            load(folder);
            Telemetry.afterStart(host);
            prepared = folder;
        }
        return prepared;
    }

    private static void load(Optional<Path> folder) {
        try {
            // As the sessions' own: cuDNN's errors on the way to an algorithm that works would be printed in red. Who was first has decided.
            OrtEnvironment.getEnvironment(OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL, OrtEnvironment.DEFAULT_NAME);
        } catch (LinkageError e) {
            Throwable reason = e instanceof ExceptionInInitializerError && e.getCause() != null ? e.getCause() : e;
            throw new WurstchenException(
                    "ONNX Runtime cannot load its libraries" + folder.map(path -> " from " + path).orElse("") + ": "
                            + OneLine.of(reason.getMessage())
                            + "; they must be whole, for this system (" + HostSystem.current().platform() + "), and of one version",
                    e);
        }
    }

    public static Optional<Path> prepare(OrtArtifact artifact, HostSystem host) {
        Optional<Path> chosen = chosenByUser(host);
        if (chosen.isPresent() || !artifact.hasCuda()) {
            return chosen;
        }
        ImmutableList<PackedLibrary> libraries = packed(artifact, host);
        LibraryCache cache = cache(artifact, libraries, host);
        cache.unpack(libraries);
        return Optional.of(cache.folder());
    }

    /** Returns the libraries that the cache holds for an artifact. */
    public static ImmutableList<PackedLibrary> packed(OrtArtifact artifact, HostSystem host) {
        ImmutableList.Builder<PackedLibrary> libraries = ImmutableList.builder();
        artifact.libraries().forEach((name, resource) -> {
            String file = host.libraryFile(name);
            try {
                libraries.add(PackedLibrary.of(file, resource));
            } catch (IOException e) {
                throw new WurstchenException(
                        "cannot read " + file + " from the class path: " + OneLine.of(e.toString())
                                + "; fetch the jar of onnxruntime_gpu again",
                        e);
            }
        });
        return libraries.build();
    }

    /** Returns the folder of an artifact: another version, or another build of the same, has another one. */
    public static LibraryCache cache(OrtArtifact artifact, List<PackedLibrary> libraries, HostSystem host) {
        Hasher contents = Hashing.sha256().newHasher();
        for (PackedLibrary library : libraries) {
            contents.putString(library.file(), StandardCharsets.UTF_8).putLong(library.bytes()).putLong(library.crc32());
        }
        String key = String.join(
                "-",
                "onnxruntime_gpu",
                artifact.version().orElse("unknown").replaceAll("[^A-Za-z0-9._]", "_"),
                artifact.platform(),
                contents.hash().toString().substring(0, 16));
        return new LibraryCache(CacheFolder.of(host).resolve("native").resolve(key));
    }

    /**
     * Returns the folder that the user has set.
     *
     * @throws WurstchenException if ONNX Runtime would not find its libraries there
     */
    public static Optional<Path> chosenByUser(HostSystem host) {
        Optional<String> setHere = host.property(CACHE_PATH);
        return host.property(NATIVE_PATH).filter(name -> !setHere.equals(Optional.of(name))).map(name -> {
            Path folder = folder(name);
            for (String library : List.of(OrtArtifact.CORE, OrtArtifact.JNI)) {
                String file = host.libraryFile(library);
                if (!Files.isRegularFile(folder.resolve(file))) {
                    throw wrongPath(name, "it has no " + file);
                }
            }
            return folder;
        });
    }

    private static Path folder(String name) {
        try {
            Path folder = Path.of(name).toAbsolutePath();
            if (!Files.isDirectory(folder)) {
                throw wrongPath(name, "there is no such folder");
            }
            return folder;
        } catch (InvalidPathException e) {
            throw wrongPath(name, "that is no folder name");
        }
    }

    private static WurstchenException wrongPath(String name, String problem) {
        return new WurstchenException("-D" + NATIVE_PATH + "=" + name + ": " + problem
                + "; name a folder that holds all of ONNX Runtime's libraries, or leave the property out to use those of the class path");
    }
}
