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
import wurstchen.WurstchenException;
import wurstchen.onnx.internal.cache.CacheFiles;
import wurstchen.onnx.internal.cache.CacheFolder;
import wurstchen.onnx.internal.cache.CacheLock;
import wurstchen.onnx.internal.common.HostSystem;
import wurstchen.onnx.internal.common.OneLine;

/**
 * A folder that holds the libraries of one ONNX Runtime artifact, unpacked once for all programs of this user.
 *
 * <p>A library appears whole or not at all: it is written beside its place and moved there. One that was damaged since is unpacked again.
 * Safe for several JVMs at a time: one unpacks while the others wait; where the file system has no locks each unpacks for itself, and the
 * last move stands, of the same bytes.
 */
public final class LibraryCache {
    private static final String LOCK = "lock";

    private final Path folder;

    /** Uses a folder, which is made when something is unpacked. */
    LibraryCache(Path folder) {
        this.folder = folder;
    }

    public Path folder() {
        return folder;
    }

    /**
     * Unpacks what is not there yet, or not as it was written.
     *
     * @throws WurstchenException if the folder cannot be written, no library can be loaded from it, or one cannot be read
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
                // Another JVM may have unpacked while this one waited.
                for (PackedLibrary library : missing(libraries)) {
                    unpack(library);
                }
            }
        } catch (IOException e) {
            throw failure(OneLine.of(e.toString()), libraries, e);
        }
    }

    private WurstchenException failure(String reason, Collection<PackedLibrary> libraries, IOException cause) {
        return new WurstchenException(
                "cannot unpack ONNX Runtime's libraries into " + folder + ": " + reason + "; it needs room for "
                        + PackedLibrary.megabytes(libraries) + " MB; to use another place, " + CacheFolder.REMEDY,
                cause);
    }

    /** Reads every byte of what is there; returns the names of files that are not as they were written. */
    public List<String> damaged(Collection<PackedLibrary> libraries) {
        return libraries.stream()
                .map(PackedLibrary::file)
                .filter(name -> Files.exists(folder.resolve(name)) && !cached(name).isWhole())
                .toList();
    }

    /** Has files unpacked again by the next {@link #unpack}. */
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

    /** Copies to the disk itself, not only to the system's memory: a library that a power cut halved would have its full size. */
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

    /** What a JVM left that was killed while it unpacked. */
    private void deletePartial() throws IOException {
        try (DirectoryStream<Path> left = Files.newDirectoryStream(folder, "*" + CacheFiles.PARTIAL)) {
            for (Path file : left) {
                Files.deleteIfExists(file);
            }
        }
    }
}
