package wurstchen.image;

import static com.google.common.base.Preconditions.checkNotNull;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermission;
import java.util.Set;
import wurstchen.WurstchenException;

/**
 * Writes files that appear whole or not at all, for pictures and for anything beside them. The content goes into a hidden file with a short
 * name in the same folder, {@code .wurstchen-*.part}, which is then moved. What a killed process left is removed by {@link #removeLeftovers}.
 *
 * <p>A symbolic link is followed and stays. A file that is replaced hands its permissions on. A pipe or a device is written to directly. A
 * file that is read-only is not replaced, even if the folder's permissions would allow it.
 *
 * <p>Thread-safe, and safe beside other processes that do the same.
 */
public final class WholeFile {
    /** As many as Linux follows (MAXSYMLINKS). */
    private static final int MOST_LINKS = 40;

    private static final Set<PosixFilePermission> WRITE_PERMISSIONS =
            Set.of(PosixFilePermission.OWNER_WRITE, PosixFilePermission.GROUP_WRITE, PosixFilePermission.OTHERS_WRITE);

    private WholeFile() {}

    /**
     * Finds out whether a file could be written, before its content is computed. Leaves nothing behind.
     *
     * @param file where to
     * @throws WurstchenException saying why not: the folder is missing or not writable, the name is too long, a folder has the name, the file
     *     is read-only
     */
    public static void check(Path file) {
        try {
            Path target = checkedTarget(file);
            if (!Files.exists(target)) {
                probe(target);
            } else if (Files.isRegularFile(target)) {
                TemporaryFile.create(folder(target)).close();
            }
        } catch (IOException e) {
            throw cannot(file, e);
        }
    }

    /**
     * Writes a file, over one that is there.
     *
     * @param file where to; its folder must exist
     * @param content all of it
     * @throws WurstchenException if it cannot be written; the file is then as it was
     */
    public static void write(Path file, byte[] content) {
        checkNotNull(content, "content");
        try {
            Path target = checkedTarget(file);
            if (Files.exists(target) && !Files.isRegularFile(target)) {
                try (FileChannel device = FileChannel.open(target, StandardOpenOption.WRITE)) {
                    writeAll(device, content);
                }
            } else {
                replace(target, content);
            }
        } catch (IOException e) {
            throw new WurstchenException(
                    "cannot write " + file + ": " + Png.describe(e) + "; check that the folder is writable and the disk has room", e);
        }
    }

    /**
     * Removes hidden files that killed processes left in a folder. Those that a running process is writing stay.
     *
     * @param folder where pictures were written; if it cannot be listed, nothing happens
     */
    public static void removeLeftovers(Path folder) {
        TemporaryFile.removeLeftovers(folder);
    }

    private static void replace(Path target, byte[] content) throws IOException {
        try (TemporaryFile part = TemporaryFile.create(folder(target))) {
            writeAll(part.channel(), content);
            if (isPosix(target) && Files.exists(target)) {
                Files.setPosixFilePermissions(part.path(), Files.getPosixFilePermissions(target));
            }
            try {
                Files.move(part.path(), target, StandardCopyOption.ATOMIC_MOVE);
            } catch (AtomicMoveNotSupportedException e) {
                Files.move(part.path(), target, StandardCopyOption.REPLACE_EXISTING);
            }
        }
    }

    private static void writeAll(WritableByteChannel channel, byte[] content) throws IOException {
        ByteBuffer rest = ByteBuffer.wrap(content);
        while (rest.hasRemaining()) {
            channel.write(rest);
        }
    }

    private static void probe(Path target) throws IOException {
        try {
            FileChannel.open(target, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE).close();
        } catch (FileAlreadyExistsException e) {
            return; // Another process made it meanwhile, so files can be made.
        }
        Files.delete(target);
    }

    /** Follows links to the file itself, and checks what can be checked without writing. */
    private static Path checkedTarget(Path file) throws IOException {
        Path target = target(file);
        Path folder = folder(target);
        if (!Files.isDirectory(folder)) {
            throw new WurstchenException("cannot write " + file + ": " + folder + " is not a folder; create it, or name one that exists");
        }
        if (Files.isDirectory(target)) {
            throw new WurstchenException(
                    "cannot write " + file + ": it is a folder; name a file, such as " + file.resolve("picture.png"));
        }
        if (Files.exists(target) && isReadOnly(target)) {
            throw new WurstchenException("cannot write " + file + ": the file is read-only; change its permissions, or give another name");
        }
        return target;
    }

    private static Path target(Path file) throws IOException {
        Path target = file;
        for (int links = 0; Files.isSymbolicLink(target); links++) {
            if (links == MOST_LINKS) {
                throw new WurstchenException("cannot write " + file + ": its symbolic links go in a circle; give another name");
            }
            target = target.resolveSibling(Files.readSymbolicLink(target));
        }
        return target;
    }

    /** Root may write to any file; what its owner made read-only is refused all the same. */
    private static boolean isReadOnly(Path target) throws IOException {
        return !Files.isWritable(target)
                || isPosix(target) && Files.getPosixFilePermissions(target).stream().noneMatch(WRITE_PERMISSIONS::contains);
    }

    private static boolean isPosix(Path path) {
        return path.getFileSystem().supportedFileAttributeViews().contains("posix");
    }

    private static Path folder(Path target) {
        Path folder = target.toAbsolutePath().getParent();
        return folder != null ? folder : target.toAbsolutePath();
    }

    private static WurstchenException cannot(Path file, IOException e) {
        if (e instanceof FileSystemException system && "File name too long".equals(system.getReason())) {
            return new WurstchenException("cannot write " + file + ": the file name is too long; give a shorter one", e);
        }
        return new WurstchenException(
                "cannot write " + file + ": " + folder(file) + " is not writable; change its rights, or name another folder", e);
    }
}
