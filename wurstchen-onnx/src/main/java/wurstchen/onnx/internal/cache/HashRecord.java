package wurstchen.onnx.internal.cache;

import static java.util.Objects.requireNonNull;

import com.google.common.collect.ImmutableMap;
import com.google.common.hash.Hashing;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import wurstchen.WurstchenException;
import wurstchen.onnx.internal.common.HostSystem;

/**
 * The SHA-256 of files when they were last read, and their stamps at that time: a file whose stamp is unchanged need not be read again.
 * Each model has one small record file in the cache. Immutable.
 *
 * <p>Safe for several programs at a time: each writes a complete record and moves it into place, and every record is correct. If the cache
 * cannot be read or written, nothing is recorded, and files are read.
 */
public final class HashRecord {
    private static final String FOLDER = "verified";

    /** Maximum number of records; those that were written least recently are deleted. */
    private static final int MOST_RECORDS = 100;

    /** "SHA-256 size modified changed identity name". */
    private static final Pattern LINE = Pattern.compile("([0-9a-f]{64}) (\\d{1,18}) (-?\\d{1,19}) (-?\\d{1,19}) (\\d*:?\\d*) (\\S+)");

    private final Optional<Path> file;
    private final ImmutableMap<String, Entry> entries;

    private HashRecord(Optional<Path> file, Map<String, Entry> entries) {
        this.file = file;
        this.entries = ImmutableMap.copyOf(entries);
    }

    /**
     * A file that was read.
     *
     * @param sha256 of its bytes, 64 lower-case hexadecimal digits
     * @param stamp before and after it was read
     */
    public record Entry(String sha256, FileStamp stamp) {}

    /**
     * Reads the record of a model; empty if there is none.
     *
     * @param subject identifies the model, for instance its real path
     */
    public static HashRecord read(String subject, HostSystem host) {
        try {
            String name = Hashing.sha256().hashString(subject, StandardCharsets.UTF_8).toString().substring(0, 32);
            Path file = CacheFolder.of(host).resolve(FOLDER).resolve(name);
            return new HashRecord(Optional.of(file), Files.exists(file) ? parse(text(file)) : Map.of());
        } catch (IOException | WurstchenException e) {
            return new HashRecord(Optional.empty(), Map.of());
        }
    }

    /** Returns the text of a file, which may hold arbitrary bytes. */
    private static String text(Path file) throws IOException {
        return new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1);
    }

    /** Parses a record. Malformed lines are ignored. */
    private static Map<String, Entry> parse(String text) {
        Map<String, Entry> entries = new HashMap<>();
        text.lines().map(LINE::matcher).filter(Matcher::matches).forEach(line -> {
            try {
                FileStamp stamp = new FileStamp(
                        Long.parseLong(line.group(2)), Long.parseLong(line.group(3)), Long.parseLong(line.group(4)), line.group(5));
                entries.put(line.group(6), new Entry(line.group(1), stamp));
            } catch (NumberFormatException e) {
                // A number of 19 digits may exceed a long.
            }
        });
        return entries;
    }

    /** Returns whether a file had a hash when it was last read, and its stamp is unchanged. */
    public boolean holds(String name, String sha256, FileStamp stamp) {
        return new Entry(sha256, stamp).equals(entries.get(name));
    }

    /** Returns this record with more files; itself if there are none. */
    public HashRecord with(Map<String, Entry> more) {
        if (more.isEmpty()) {
            return this;
        }
        Map<String, Entry> all = new HashMap<>(entries);
        all.putAll(more);
        return new HashRecord(file, all);
    }

    /** Writes the record, if the cache is writable. */
    public void write() {
        file.ifPresent(place -> {
            try {
                Path folder = requireNonNull(place.getParent());
                Files.createDirectories(folder);
                CacheFiles.replace(place, text());
                deleteOldest(folder);
            } catch (IOException e) {
                // The next start reads the files again.
            }
        });
    }

    private String text() {
        StringBuilder text = new StringBuilder();
        entries.forEach((name, entry) -> {
            FileStamp stamp = entry.stamp();
            text.append(String.join(
                            " ",
                            entry.sha256(),
                            Long.toString(stamp.size()),
                            Long.toString(stamp.modified()),
                            Long.toString(stamp.changed()),
                            stamp.identity(),
                            name))
                    .append('\n');
        });
        return text.toString();
    }

    private static void deleteOldest(Path folder) throws IOException {
        List<Path> records;
        try (Stream<Path> files = Files.list(folder)) {
            records = files.toList();
        }
        if (records.size() > MOST_RECORDS) {
            Map<Path, Long> times = new HashMap<>();
            for (Path record : records) {
                times.put(record, record.toFile().lastModified());
            }
            List<Path> newestFirst = records.stream().sorted(Comparator.comparing(times::get).reversed()).toList();
            for (Path old : newestFirst.subList(MOST_RECORDS, newestFirst.size())) {
                Files.deleteIfExists(old);
            }
        }
    }
}
