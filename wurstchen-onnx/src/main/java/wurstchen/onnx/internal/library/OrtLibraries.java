package wurstchen.onnx.internal.library;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtLoggingLevel;
import com.google.common.base.Throwables;
import java.nio.file.Path;
import java.util.Optional;
import wurstchen.WurstchenException;
import wurstchen.onnx.internal.cache.CacheFolder;
import wurstchen.onnx.internal.common.HostSystem;
import wurstchen.onnx.internal.common.OneLine;

/**
 * Puts ONNX Runtime's libraries where it finds them, and starts it without its {@link Telemetry}; to be asked before
 * {@code ai.onnxruntime} is first used.
 *
 * <p>Left to itself, ONNX Runtime unpacks its libraries into a temporary folder at every start, and leaves that folder behind. It does not
 * where {@link LibraryPlaces#NATIVE_PATH} names a folder that holds them.
 */
public final class OrtLibraries {
    private static Optional<Path> prepared;

    private OrtLibraries() {}

    /**
     * Starts ONNX Runtime in this JVM. The first call does; later ones return the same and cost nothing.
     *
     * @return the folder that ONNX Runtime has loaded its libraries from; empty if they are nowhere any more (on Linux, {@code dlopen} finds the
     *     loaded core by the name libonnxruntime.so.1)
     * @throws WurstchenException if the path that the user has set lacks a library, no folder can take the libraries, or ONNX Runtime does not
     *     load them
     */
    public static synchronized Optional<Path> prepare() {
        if (prepared == null) {
            prepared = start(HostSystem.current());
        }
        return prepared;
    }

    private static Optional<Path> start(HostSystem host) {
        TemporaryFolder.of(host);
        // Naming the class does not load ONNX Runtime's libraries, using it would.
        OrtArtifact artifact = OrtArtifact.find(OrtEnvironment.class.getClassLoader(), host);
        Optional<LibraryPlace> place = LibraryPlaces.find(artifact, host);
        boolean unpacked = place.isPresent() && place.get().origin() != LibraryPlace.Origin.USER;
        if (unpacked) {
            System.setProperty(LibraryPlaces.LOADED_PATH, place.get().folder().toString());
            System.setProperty(LibraryPlaces.NATIVE_PATH, place.get().folder().toString());
        }
        try {
            Telemetry.beforeStart(host);
            load(place);
            Telemetry.afterStart(host);
        } finally {
            if (unpacked) {
                // It has been read. Another class loader could not load the same files.
                System.clearProperty(LibraryPlaces.NATIVE_PATH);
            }
            place.filter(OrtLibraries::isTemporary).ifPresent(temporary -> TemporaryLibraries.delete(temporary.folder()));
        }
        return place.filter(found -> !isTemporary(found)).map(LibraryPlace::folder);
    }

    private static boolean isTemporary(LibraryPlace place) {
        return place.origin() == LibraryPlace.Origin.TEMPORARY;
    }

    private static void load(Optional<LibraryPlace> place) {
        try {
            // As the sessions' own: cuDNN's errors on the way to an algorithm that works would be printed in red. Who was first has decided.
            OrtEnvironment.getEnvironment(OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL, OrtEnvironment.DEFAULT_NAME);
        } catch (LinkageError e) {
            throw new WurstchenException(
                    "ONNX Runtime cannot load its libraries" + place.map(found -> " from " + found.folder()).orElse("") + ": "
                            + OneLine.of(Throwables.getRootCause(e).getMessage())
                            + "; they must be whole, for this system (" + HostSystem.current().platform() + "), and of one version"
                            + place.map(OrtLibraries::remedy).orElse(""),
                    e);
        }
    }

    private static String remedy(LibraryPlace place) {
        return switch (place.origin()) {
            case USER -> "";
            case CACHE -> "; if nothing may be loaded from there, " + CacheFolder.REMEDY;
            case TEMPORARY -> "; if nothing may be loaded from there, " + TemporaryFolder.REMEDY;
        };
    }
}
