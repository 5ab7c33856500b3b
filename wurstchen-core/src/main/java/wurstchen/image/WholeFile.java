package wurstchen.image;

import java.io.IOException;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import wurstchen.WurstchenException;

/** Writes files that appear whole or not at all. */
final class WholeFile {
    private WholeFile() {}

    /**
     * Writes a file beside its place, then moves it there, over one that is there.
     *
     * @throws WurstchenException if the place is a folder, or its folder is none
     */
    static void write(Path file, byte[] content) throws IOException {
        Path folder = file.toAbsolutePath().getParent();
        if (folder == null || !Files.isDirectory(folder)) {
            throw new WurstchenException(
                    "cannot write " + file + ": " + folder + " is not a folder; create it, or name one that exists");
        }
        if (Files.isDirectory(file)) {
            throw new WurstchenException("cannot write " + file + ": it is a folder; name a file, such as "
                    + file.resolve("picture.png"));
        }
        Path part = Files.createTempFile(folder, "." + file.getFileName(), ".part");
        try {
            Files.write(part, content);
            makeReadable(part);
            moveInto(part, file);
        } catch (IOException | RuntimeException e) {
            deleteAfter(e, part);
            throw e;
        }
    }

    /** A temporary file is private to its owner; a picture gets the rights that a newly created file has. */
    private static void makeReadable(Path part) throws IOException {
        if (part.getFileSystem().supportedFileAttributeViews().contains("posix")) {
            Path probe = part.resolveSibling(part.getFileName() + ".mode");
            Files.createFile(probe);
            try {
                Files.setPosixFilePermissions(part, Files.getPosixFilePermissions(probe));
            } finally {
                Files.delete(probe);
            }
        }
    }

    private static void moveInto(Path part, Path file) throws IOException {
        try {
            Files.move(part, file, StandardCopyOption.ATOMIC_MOVE);
        } catch (AtomicMoveNotSupportedException e) {
            Files.move(part, file, StandardCopyOption.REPLACE_EXISTING);
        }
    }

    private static void deleteAfter(Exception failure, Path part) {
        try {
            Files.deleteIfExists(part);
        } catch (IOException e) {
            failure.addSuppressed(e);
        }
    }
}
