package wurstchen.onnx.internal.library;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtLoggingLevel;
import com.google.common.base.Throwables;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import wurstchen.WurstchenException;
import wurstchen.onnx.internal.cache.CacheFolder;
import wurstchen.onnx.internal.common.HostSystem;
import wurstchen.onnx.internal.common.OneLine;

/**
 * Provides ONNX Runtime's libraries and starts it with {@link Telemetry} off. Must be called before {@code ai.onnxruntime} is first used.
 *
 * <p>By default, ONNX Runtime unpacks its libraries into a temporary folder at every start and does not delete it. It does not if {@link
 * LibraryPlaces#NATIVE_PATH} names a folder that holds them.
 */
public final class OrtLibraries {
    private static @Nullable Optional<Path> prepared;

    private OrtLibraries() {}

    /**
     * Starts ONNX Runtime in this JVM. Later calls return the result of the first and cost nothing.
     *
     * @return the folder from which ONNX Runtime has loaded its libraries; empty if they are no longer on disk (on Linux, {@code dlopen}
     *     finds the loaded core library by the name libonnxruntime.so.1)
     * @throws WurstchenException if the folder set by the user lacks a library, no folder can take the libraries, or ONNX Runtime cannot
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
        // A class literal does not initialize the class, so ONNX Runtime's libraries are not loaded here.
        OrtArtifact artifact = OrtArtifact.find(OrtEnvironment.class.getClassLoader(), host);
        OrtVersion.check(artifact);
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
                // ONNX Runtime has read the property. Another class loader could not load the same files.
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
            // Fatal errors only, as for sessions: cuDNN's errors while it tries algorithms would be printed otherwise. The first caller in
            // the JVM sets the level.
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
