package wurstchen.onnx.internal.library;

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
import wurstchen.onnx.internal.cache.CacheFolder;
import wurstchen.onnx.internal.common.HostSystem;
import wurstchen.onnx.internal.common.OneLine;

/**
 * Chooses the folder from which ONNX Runtime's libraries are loaded: the folder set by the user; otherwise the user's {@linkplain
 * CacheFolder cache}, into which they are unpacked once; otherwise, for the CPU libraries of 28 MB, a temporary folder. The libraries of
 * {@code onnxruntime_gpu} take half a gigabyte: if the cache cannot be used for them, that is an error, because unpacking them at every
 * start takes too long.
 */
public final class LibraryPlaces {
    /** ONNX Runtime's system property for a folder that holds all of its libraries. Read once, when ONNX Runtime starts. */
    public static final String NATIVE_PATH = "onnxruntime.native.path";

    /** The folder of the libraries that a class loader of this JVM has loaded. Another class loader cannot load the same files. */
    static final String LOADED_PATH = "wurstchen.native.path";

    private LibraryPlaces() {}

    /**
     * Returns the folder and unpacks the libraries if necessary.
     *
     * @return empty if the class path has no libraries for this system
     * @throws WurstchenException if the folder set by the user lacks a library, or no folder can take the libraries
     */
    static Optional<LibraryPlace> find(OrtArtifact artifact, HostSystem host) {
        Optional<Path> chosen = chosenByUser(host);
        if (chosen.isPresent()) {
            return Optional.of(new LibraryPlace(chosen.get(), LibraryPlace.Origin.USER));
        }
        if (artifact.libraries().isEmpty()) {
            return Optional.empty();
        }
        ImmutableList<PackedLibrary> libraries = packed(artifact, host);
        boolean loadedElsewhere = host.property(LOADED_PATH).isPresent();
        return Optional.of(
                loadedElsewhere && !artifact.hasCuda() ? temporary(libraries, host) : cachedOrTemporary(artifact, libraries, host));
    }

    /** Returns whether libraries that the cache cannot take are unpacked at every start. A cache folder named by the user must work. */
    public static boolean doWithoutCache(OrtArtifact artifact, HostSystem host) {
        return !artifact.hasCuda() && !CacheFolder.isNamed(host);
    }

    private static LibraryPlace cached(OrtArtifact artifact, List<PackedLibrary> libraries, HostSystem host) {
        LibraryCache cache = cache(artifact, libraries, host);
        cache.unpack(libraries, host);
        return new LibraryPlace(cache.folder(), LibraryPlace.Origin.CACHE);
    }

    private static LibraryPlace cachedOrTemporary(OrtArtifact artifact, List<PackedLibrary> libraries, HostSystem host) {
        try {
            return cached(artifact, libraries, host);
        } catch (WurstchenException e) {
            if (!doWithoutCache(artifact, host)) {
                throw e;
            }
            try {
                return temporary(libraries, host);
            } catch (WurstchenException last) {
                last.addSuppressed(e);
                throw last;
            }
        }
    }

    private static LibraryPlace temporary(List<PackedLibrary> libraries, HostSystem host) {
        return new LibraryPlace(TemporaryLibraries.unpack(libraries, host), LibraryPlace.Origin.TEMPORARY);
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
                                + "; fetch the jar of " + artifact.name() + " again",
                        e);
            }
        });
        return libraries.build();
    }

    /** Returns the cache folder of an artifact. Each version and each build has its own. */
    public static LibraryCache cache(OrtArtifact artifact, List<PackedLibrary> libraries, HostSystem host) {
        Hasher contents = Hashing.sha256().newHasher();
        for (PackedLibrary library : libraries) {
            contents.putString(library.file(), StandardCharsets.UTF_8).putLong(library.bytes()).putLong(library.crc32());
        }
        String key = String.join(
                "-",
                artifact.name(),
                artifact.version().orElse("unknown").replaceAll("[^A-Za-z0-9._]", "_"),
                artifact.platform(),
                contents.hash().toString().substring(0, 16));
        return new LibraryCache(CacheFolder.of(host).resolve("native").resolve(key));
    }

    /**
     * Returns the folder set by the user.
     *
     * @throws WurstchenException if ONNX Runtime would not find its libraries there
     */
    public static Optional<Path> chosenByUser(HostSystem host) {
        return host.property(NATIVE_PATH).map(name -> {
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
