package wurstchen.examples.cli.output;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import wurstchen.WurstchenException;

/**
 * A name that a run has taken before its picture is there. The file holds a note and is locked; the picture replaces it. A file with the note
 * that nobody locks was left by a killed run and can be claimed again.
 */
final class FileClaim implements AutoCloseable {
    private static final byte[] NOTE =
            "A run of wurstchen is making this picture. If none is running, delete this file.\n".getBytes(US_ASCII);

    /** Those of this process by file. Their files are never opened a second time: POSIX would drop the lock when that is closed. */
    private static final Map<Path, FileClaim> OPEN = new ConcurrentHashMap<>();

    static {
        Runtime.getRuntime().addShutdownHook(new Thread(() -> OPEN.values().forEach(FileClaim::close), "wurstchen claims"));
    }

    private final Path file;
    private final FileChannel channel;

    private FileClaim(Path file, FileChannel channel) {
        this.file = file;
        this.channel = channel;
    }

    /**
     * Takes a name.
     *
     * @return the claim; empty if there is a file of that name, or another run claims it
     * @throws WurstchenException if no file can be made there
     */
    static synchronized Optional<FileClaim> take(Path file) {
        Path path = file.toAbsolutePath().normalize();
        if (OPEN.containsKey(path)) {
            return Optional.empty();
        }
        try {
            Optional<FileClaim> claim = create(file).or(() -> takeOver(file));
            claim.ifPresent(taken -> OPEN.put(path, taken));
            return claim;
        } catch (IOException e) {
            throw new WurstchenException(
                    "cannot write " + file + ": " + path.getParent() + " is not writable; change its rights, or name another folder", e);
        }
    }

    private static Optional<FileClaim> create(Path file) throws IOException {
        try {
            FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
            lock(channel);
            channel.write(ByteBuffer.wrap(NOTE));
            return Optional.of(new FileClaim(file, channel));
        } catch (FileAlreadyExistsException e) {
            return Optional.empty();
        }
    }

    /** Takes a name over that a killed run claimed. */
    private static Optional<FileClaim> takeOver(Path file) {
        if (!marks(file)) {
            return Optional.empty();
        }
        try {
            FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE);
            // The size once more: its run may have ended meanwhile, and the picture lie there.
            if (lock(channel) && hasSizeOfNote(file)) {
                return Optional.of(new FileClaim(file, channel));
            }
            channel.close();
        } catch (IOException e) {
            // It is gone, or cannot be written: another name will do.
        }
        return Optional.empty();
    }

    /** Returns whether a file is a claim, of a running or a killed run. */
    static boolean marks(Path file) {
        if (OPEN.containsKey(file.toAbsolutePath().normalize())) {
            return true;
        }
        try {
            return hasSizeOfNote(file) && Arrays.equals(Files.readAllBytes(file), NOTE);
        } catch (IOException e) {
            return false;
        }
    }

    private static boolean hasSizeOfNote(Path file) {
        try {
            return Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS) && Files.size(file) == NOTE.length;
        } catch (IOException e) {
            return false;
        }
    }

    /** Returns false if another process has the lock. File systems without locks count as locked. */
    private static boolean lock(FileChannel channel) {
        try {
            return channel.tryLock() != null;
        } catch (OverlappingFileLockException e) {
            return false;
        } catch (IOException e) {
            return true;
        }
    }

    Path file() {
        return file;
    }

    /** Gives the name back; removes the file if no picture has replaced the note. */
    @Override
    public void close() {
        if (!OPEN.remove(file.toAbsolutePath().normalize(), this)) {
            return;
        }
        try (channel) {
            if (hasSizeOfNote(file)) {
                Files.delete(file);
            }
        } catch (IOException e) {
            // The note stays, and says what to do with it.
        }
    }
}
