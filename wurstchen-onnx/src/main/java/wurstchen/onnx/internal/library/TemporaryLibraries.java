package wurstchen.onnx.internal.library;

import com.google.common.io.MoreFiles;
import com.google.common.io.RecursiveDeleteOption;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import org.jspecify.annotations.Nullable;
import wurstchen.WurstchenException;
import wurstchen.onnx.internal.cache.CacheFolder;
import wurstchen.onnx.internal.common.HostSystem;
import wurstchen.onnx.internal.common.OneLine;

/** Unpacks libraries into a temporary folder that only this user can read, to be deleted once they are loaded. */
final class TemporaryLibraries {
    private static final String PREFIX = "wurstchen-native-";

    /** A program that is alive deletes its folder within seconds. */
    private static final Duration LONGEST_USE = Duration.ofHours(1);

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
        deleteLeftovers(parent);
        try {
            Path folder = Files.createTempDirectory(parent, PREFIX);
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

    /** Deletes what programs left that were killed while they loaded libraries. */
    private static void deleteLeftovers(Path parent) {
        Instant oldest = Instant.now().minus(LONGEST_USE);
        try (DirectoryStream<Path> left = Files.newDirectoryStream(parent, PREFIX + "*")) {
            for (Path folder : left) {
                boolean old = Files.getLastModifiedTime(folder, LinkOption.NOFOLLOW_LINKS).toInstant().isBefore(oldest);
                if (old && Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)) {
                    delete(folder);
                }
            }
        } catch (IOException | DirectoryIteratorException e) {
            // They are another user's, or gone; there is no harm in leaving them.
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
