package wurstchen.image;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A hidden file that exists until it is moved or closed. It is locked while it is open: one that can be locked belongs to no running process.
 *
 * @param path in the folder that it will be moved within; has the permissions of a newly created file
 * @param channel for writing
 */
record TemporaryFile(Path path, FileChannel channel) implements AutoCloseable {
    private static final String PREFIX = ".wurstchen-";
    private static final String SUFFIX = ".part";
    private static final AtomicLong NUMBER = new AtomicLong();

    /** Those of this process. They are never opened a second time: POSIX would drop the lock when that is closed. */
    private static final Set<Path> OPEN = ConcurrentHashMap.newKeySet();

    static TemporaryFile create(Path folder) throws IOException {
        while (true) {
            String name = PREFIX + ProcessHandle.current().pid() + "-" + NUMBER.incrementAndGet() + SUFFIX;
            Path path = folder.toAbsolutePath().resolve(name);
            OPEN.add(path);
            try {
                FileChannel channel = FileChannel.open(path, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
                if (lock(channel) && Files.exists(path)) {
                    return new TemporaryFile(path, channel);
                }
                channel.close();
            } catch (FileAlreadyExistsException e) {
                // Of a killed process that had the same number: take the next name.
                OPEN.remove(path);
            } catch (IOException e) {
                OPEN.remove(path);
                throw e;
            }
        }
    }

    /** Returns false if another process is about to remove the file. File systems without locks count as locked. */
    private static boolean lock(FileChannel channel) {
        try {
            return channel.tryLock() != null;
        } catch (IOException e) {
            return true;
        }
    }

    static void removeLeftovers(Path folder) {
        try (DirectoryStream<Path> parts = Files.newDirectoryStream(folder.toAbsolutePath(), PREFIX + "*" + SUFFIX)) {
            for (Path part : parts) {
                if (!OPEN.contains(part)) {
                    removeIfUnlocked(part);
                }
            }
        } catch (IOException | DirectoryIteratorException e) {
            // Leftovers harm nobody: whoever can list the folder removes them later.
        }
    }

    private static void removeIfUnlocked(Path part) throws IOException {
        try (FileChannel channel = FileChannel.open(part, StandardOpenOption.WRITE);
                FileLock lock = channel.tryLock()) {
            if (lock != null) {
                Files.deleteIfExists(part);
            }
        } catch (OverlappingFileLockException e) {
            // Another thread of this process is removing it.
        }
    }

    /** Deletes the file if it was not moved, and unlocks it. */
    @Override
    public void close() throws IOException {
        try (channel) {
            Files.deleteIfExists(path);
        } finally {
            OPEN.remove(path);
        }
    }
}
