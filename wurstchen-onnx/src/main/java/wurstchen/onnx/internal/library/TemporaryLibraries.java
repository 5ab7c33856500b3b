package wurstchen.onnx.internal.library;

import com.google.common.io.MoreFiles;
import com.google.common.io.RecursiveDeleteOption;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import org.jspecify.annotations.Nullable;
import wurstchen.WurstchenException;
import wurstchen.onnx.internal.cache.CacheFolder;
import wurstchen.onnx.internal.common.HostSystem;
import wurstchen.onnx.internal.common.OneLine;

/** Unpacks libraries into a temporary folder that only this user can read, to be deleted once they are loaded. */
final class TemporaryLibraries {
    private TemporaryLibraries() {}

    /**
     * Unpacks libraries into a new folder.
     *
     * @throws WurstchenException if the temporary folder cannot take them
     */
    static Path unpack(Collection<PackedLibrary> libraries, HostSystem host) {
        Path parent = TemporaryFolder.of(host);
        if (Mounts.forbidExecution(parent, host)) {
            throw failure(parent, "it is mounted noexec, so no library can be loaded from it", libraries, null);
        }
        try {
            Path folder = Files.createTempDirectory(parent, "wurstchen-native-");
            try {
                for (PackedLibrary library : libraries) {
                    try (InputStream packed = library.open()) {
                        Files.copy(packed, folder.resolve(library.file()));
                    }
                }
                return folder;
            } catch (IOException | RuntimeException e) {
                delete(folder);
                throw e;
            }
        } catch (IOException e) {
            throw failure(parent, OneLine.of(e.toString()), libraries, e);
        }
    }

    private static WurstchenException failure(Path folder, String reason, Collection<PackedLibrary> libraries, @Nullable IOException cause) {
        return new WurstchenException(
                "cannot unpack ONNX Runtime's libraries into the temporary folder " + folder + ": " + reason + "; they need "
                        + PackedLibrary.megabytes(libraries) + " MB: " + TemporaryFolder.REMEDY + ", or a folder that keeps them with -D"
                        + CacheFolder.PROPERTY + "=FOLDER",
                cause);
    }

    /** Deletes a folder. On Linux and macOS, loaded libraries stay loaded. */
    static void delete(Path folder) {
        try {
            MoreFiles.deleteRecursively(folder, RecursiveDeleteOption.ALLOW_INSECURE);
        } catch (IOException e) {
            // Windows cannot delete loaded libraries, nor those that ONNX Runtime unpacks itself.
        }
    }
}
