package wurstchen.onnx.internal.library;

import com.google.common.hash.Hashing;
import com.google.common.io.MoreFiles;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import wurstchen.WurstchenException;
import wurstchen.onnx.internal.cache.CacheFiles;
import wurstchen.onnx.internal.cache.CacheFolder;
import wurstchen.onnx.internal.common.OneLine;

/**
 * A library in the cache and what was written down about it when it was put there: {@code NAME.sha256} beside {@code NAME} holds
 * "SHA-256 bytes modified".
 *
 * @param file where it is
 */
record CachedLibrary(Path file) {
    private static final Pattern RECORD = Pattern.compile("([0-9a-f]{64}) (\\d{1,18}) (-?\\d{1,18})\\s*");

    private record Record(String sha256, long bytes, long modified) {}

    /**
     * Whether the file has the recorded size and time: what a start asks, because reading half a gigabyte takes longer than the rest of it.
     * A file that was cut off or written to differs.
     *
     * @param bytes the size that the artifact says
     */
    boolean looksWhole(long bytes) {
        try {
            Optional<Record> record = record();
            return record.isPresent()
                    && record.get().bytes() == bytes
                    && Files.size(file) == bytes
                    && modified() == record.get().modified();
        } catch (IOException e) {
            return false;
        }
    }

    /** Whether every byte is the one that was written. */
    boolean isWhole() {
        try {
            Optional<Record> record = record();
            return record.isPresent() && MoreFiles.asByteSource(file).hash(Hashing.sha256()).toString().equals(record.get().sha256());
        } catch (IOException e) {
            return false;
        }
    }

    /** Writes the record down; the library must be in its place. */
    void write(String sha256) throws IOException {
        CacheFiles.replace(recordFile(), sha256 + " " + Files.size(file) + " " + modified() + "\n");
    }

    /** Takes the record away, so that the library counts as damaged. */
    void forget() {
        try {
            Files.deleteIfExists(recordFile());
        } catch (IOException e) {
            throw new WurstchenException(
                    file + " is damaged and cannot be unpacked again: " + OneLine.of(e.toString()) + "; delete it, or " + CacheFolder.REMEDY,
                    e);
        }
    }

    private Optional<Record> record() throws IOException {
        if (!Files.isRegularFile(recordFile())) {
            return Optional.empty();
        }
        // Whatever bytes the file has been given: one that cannot be read as a record is none.
        Matcher line = RECORD.matcher(new String(Files.readAllBytes(recordFile()), StandardCharsets.ISO_8859_1));
        return line.matches()
                ? Optional.of(new Record(line.group(1), Long.parseLong(line.group(2)), Long.parseLong(line.group(3))))
                : Optional.empty();
    }

    private long modified() throws IOException {
        return Files.getLastModifiedTime(file).toMillis();
    }

    private Path recordFile() {
        return file.resolveSibling(file.getFileName() + ".sha256");
    }
}
