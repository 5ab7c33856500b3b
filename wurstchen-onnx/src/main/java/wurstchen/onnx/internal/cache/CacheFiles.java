package wurstchen.onnx.internal.cache;

import java.io.IOException;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/** Writes files of the cache so that other programs see either a complete file or none. */
public final class CacheFiles {
    /** Suffix of a file that is being written. */
    public static final String PARTIAL = ".partial";

    private CacheFiles() {}

    /** Writes a small file, replacing an existing one. */
    public static void replace(Path file, String text) throws IOException {
        Path partial = Files.createTempFile(file.getParent(), file.getFileName() + ".", PARTIAL);
        try {
            Files.writeString(partial, text);
            move(partial, file);
        } finally {
            Files.deleteIfExists(partial);
        }
    }

    /** Moves a complete file into place. */
    public static void move(Path from, Path to) throws IOException {
        try {
            Files.move(from, to, StandardCopyOption.ATOMIC_MOVE);
        } catch (AtomicMoveNotSupportedException e) {
            Files.move(from, to, StandardCopyOption.REPLACE_EXISTING);
        }
    }
}
