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
 * A library in the cache with its record, written when it was unpacked: {@code NAME.sha256} beside {@code NAME} holds "SHA-256 bytes
 * modified".
 *
 * @param file path of the library
 */
record CachedLibrary(Path file) {
    private static final Pattern RECORD = Pattern.compile("([0-9a-f]{64}) (\\d{1,18}) (-?\\d{1,18})\\s*");

    private record Record(String sha256, long bytes, long modified) {}

    /**
     * Returns whether the file has the recorded size and modification time. Checked at every start, because reading half a gigabyte takes
     * longer than the rest of the start. A truncated or modified file differs.
     *
     * @param bytes the size according to the artifact
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

    /** Returns whether the SHA-256 of the file is the recorded one. */
    boolean isWhole() {
        try {
            Optional<Record> record = record();
            return record.isPresent() && MoreFiles.asByteSource(file).hash(Hashing.sha256()).toString().equals(record.get().sha256());
        } catch (IOException e) {
            return false;
        }
    }

    /** Writes the record. The library must be in place. */
    void write(String sha256) throws IOException {
        CacheFiles.replace(recordFile(), sha256 + " " + Files.size(file) + " " + modified() + "\n");
    }

    /** Deletes the record, so that the library counts as damaged. */
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
        // The record may hold arbitrary bytes: one that cannot be parsed counts as missing.
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
