package wurstchen.onnx.internal.library;

import com.google.common.hash.Hashing;
import com.google.common.hash.HashingInputStream;
import com.google.common.io.ByteStreams;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;
import wurstchen.WurstchenException;
import wurstchen.onnx.internal.cache.CacheFiles;
import wurstchen.onnx.internal.cache.CacheFolder;
import wurstchen.onnx.internal.cache.CacheLock;
import wurstchen.onnx.internal.common.HostSystem;
import wurstchen.onnx.internal.common.OneLine;

/**
 * A cache folder for the libraries of one ONNX Runtime artifact, unpacked once for all programs of this user.
 *
 * <p>A library is written to a temporary file and moved into place, so it is either complete or absent. A library that was damaged since is
 * unpacked again. Safe for several JVMs at a time: one unpacks while the others wait. On a file system without locks each JVM unpacks for
 * itself, and the last move wins, with the same bytes.
 */
public final class LibraryCache {
    private static final String LOCK = "lock";

    private final Path folder;

    /** Uses a folder, which is created when something is unpacked. */
    LibraryCache(Path folder) {
        this.folder = folder;
    }

    public Path folder() {
        return folder;
    }

    /**
     * Unpacks libraries that are missing or damaged.
     *
     * @throws WurstchenException if the folder cannot be written, no library can be loaded from it, or a library cannot be read
     */
    public void unpack(Collection<PackedLibrary> libraries, HostSystem host) {
        if (Mounts.forbidExecution(folder, host)) {
            throw failure("it is mounted noexec, so no library can be loaded from it", libraries, null);
        }
        try {
            if (missing(libraries).isEmpty()) {
                return;
            }
            createFolder();
            try (CacheLock lock = CacheLock.take(folder.resolve(LOCK))) {
                if (lock.exclusive()) {
                    deletePartial();
                }
                // Another JVM may have unpacked them while this one waited.
                for (PackedLibrary library : missing(libraries)) {
                    unpack(library);
                }
            }
        } catch (IOException e) {
            throw failure(OneLine.of(e.toString()), libraries, e);
        }
    }

    private WurstchenException failure(String reason, Collection<PackedLibrary> libraries, @Nullable IOException cause) {
        return new WurstchenException(
                "cannot unpack ONNX Runtime's libraries into " + folder + ": " + reason + "; it needs room for "
                        + PackedLibrary.megabytes(libraries) + " MB; to use another place, " + CacheFolder.REMEDY,
                cause);
    }

    /** Reads every byte of the libraries that are present and returns the file names of damaged ones. */
    public List<String> damaged(Collection<PackedLibrary> libraries) {
        return libraries.stream()
                .map(PackedLibrary::file)
                .filter(name -> Files.exists(folder.resolve(name)) && !cached(name).isWhole())
                .toList();
    }

    /** Marks files to be unpacked again by the next {@link #unpack}. */
    public void forget(Collection<String> names) {
        names.forEach(name -> cached(name).forget());
    }

    private List<PackedLibrary> missing(Collection<PackedLibrary> libraries) {
        return libraries.stream()
                .filter(library -> !cached(library.file()).looksWhole(library.bytes()))
                .toList();
    }

    private CachedLibrary cached(String name) {
        return new CachedLibrary(folder.resolve(name));
    }

    private void createFolder() throws IOException {
        Files.createDirectories(folder);
    }

    private void unpack(PackedLibrary library) throws IOException {
        Path partial = Files.createTempFile(folder, library.file() + ".", CacheFiles.PARTIAL);
        try {
            String sha256 = copy(library, partial);
            CacheFiles.move(partial, folder.resolve(library.file()));
            cached(library.file()).write(sha256);
        } finally {
            Files.deleteIfExists(partial);
        }
    }

    /**
     * Copies and syncs to disk: after a power cut, a library that was only in the page cache could have its full size but not its content.
     */
    private static String copy(PackedLibrary library, Path to) throws IOException {
        try (InputStream packed = library.open();
                HashingInputStream hashing = new HashingInputStream(Hashing.sha256(), packed);
                FileChannel file = FileChannel.open(to, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS)) {
            long bytes = ByteStreams.copy(hashing, Channels.newOutputStream(file));
            if (bytes != library.bytes()) {
                throw new IOException(library.file() + " has " + bytes + " bytes in the jar, expected " + library.bytes());
            }
            file.force(true);
            return hashing.hash().toString();
        }
    }

    /** Deletes partial files of a JVM that was killed while it unpacked. */
    private void deletePartial() throws IOException {
        try (DirectoryStream<Path> left = Files.newDirectoryStream(folder, "*" + CacheFiles.PARTIAL)) {
            for (Path file : left) {
                Files.deleteIfExists(file);
            }
        }
    }
}
