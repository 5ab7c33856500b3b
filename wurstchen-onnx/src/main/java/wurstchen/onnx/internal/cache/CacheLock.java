package wurstchen.onnx.internal.cache;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;

/** A file lock against other processes and other class loaders of this JVM. */
public final class CacheLock implements AutoCloseable {
    private static final long NANOS_BETWEEN_TRIES = 20_000_000;

    private final FileChannel channel;
    private final boolean exclusive;

    private CacheLock(FileChannel channel, boolean exclusive) {
        this.channel = channel;
        this.exclusive = exclusive;
    }

    /** Waits for the lock. The empty file is not deleted, because then two processes could lock two files of the same name. */
    public static CacheLock take(Path file) throws IOException {
        FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        while (true) {
            try {
                FileLock lock = channel.lock();
                return new CacheLock(channel, lock.isValid());
            } catch (OverlappingFileLockException e) {
                LockSupport.parkNanos(NANOS_BETWEEN_TRIES); // Another thread of this JVM holds it; the channel can only wait for other processes.
            } catch (IOException e) {
                return new CacheLock(channel, false); // The file system has no locks, as some network file systems.
            }
        }
    }

    /**
     * Takes the lock if nobody has it.
     *
     * @return empty if another process, or another thread of this one, has it
     */
    public static Optional<CacheLock> tryToTake(Path file) throws IOException {
        FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        try {
            FileLock lock = channel.tryLock();
            if (lock != null) {
                return Optional.of(new CacheLock(channel, true));
            }
        } catch (OverlappingFileLockException e) {
            // Another thread of this JVM holds it.
        } catch (IOException e) {
            return Optional.of(new CacheLock(channel, false)); // As above.
        }
        channel.close();
        return Optional.empty();
    }

    /** Returns whether other writers are excluded. */
    public boolean exclusive() {
        return exclusive;
    }

    /** Releases the lock, if there is one. */
    @Override
    public void close() throws IOException {
        channel.close();
    }
}
