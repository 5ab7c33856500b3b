package wurstchen.onnx.internal.cache;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * Attributes that show, without reading a file, whether it was modified.
 *
 * @param size in bytes
 * @param modified when its contents were last written, in nanoseconds since 1970
 * @param changed when its contents or attributes were last written, in nanoseconds since 1970, which no program can set; as {@code
 *     modified} if the system does not provide it
 * @param identity device and inode number; empty if the system has none
 */
public record FileStamp(long size, long modified, long changed, String identity) {
    /** The coarsest resolution of file times in use (FAT): two writes within it may leave the same time. */
    private static final Duration COARSEST_TIME = Duration.ofSeconds(2);

    private static final long NANOS = 1_000_000_000;

    /** Returns the stamp of a file, or of a link itself. */
    public static FileStamp of(Path file) throws IOException {
        if (file.getFileSystem().supportedFileAttributeViews().contains("unix")) {
            Map<String, Object> unix = Files.readAttributes(file, "unix:size,lastModifiedTime,ctime,dev,ino", LinkOption.NOFOLLOW_LINKS);
            return new FileStamp(
                    (Long) requireNonNull(unix.get("size")),
                    nanos((FileTime) requireNonNull(unix.get("lastModifiedTime"))),
                    nanos((FileTime) requireNonNull(unix.get("ctime"))),
                    unix.get("dev") + ":" + unix.get("ino"));
        }
        BasicFileAttributes basic = Files.readAttributes(file, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
        long modified = nanos(basic.lastModifiedTime());
        return new FileStamp(basic.size(), modified, modified, "");
    }

    private static long nanos(FileTime time) {
        return time.to(TimeUnit.NANOSECONDS);
    }

    /** Returns when the file was last written. */
    public Instant written() {
        long latest = Math.max(modified, changed);
        return Instant.ofEpochSecond(Math.floorDiv(latest, NANOS), Math.floorMod(latest, NANOS));
    }

    /** Returns whether a write to the file at or after a moment changes its stamp. */
    public boolean tellsWritesFrom(Instant moment) {
        return written().plus(COARSEST_TIME).isBefore(moment);
    }
}
