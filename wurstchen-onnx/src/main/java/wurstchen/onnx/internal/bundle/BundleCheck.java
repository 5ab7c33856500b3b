package wurstchen.onnx.internal.bundle;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import wurstchen.onnx.Manifest.BundleFile;
import wurstchen.onnx.ModelBundleException;
import wurstchen.onnx.internal.cache.FileStamp;
import wurstchen.onnx.internal.cache.HashRecord;

/**
 * Compares the files of a bundle with its manifest.
 *
 * @param files of the bundle
 * @param listed in its manifest, by path
 */
record BundleCheck(BundleFiles files, Map<String, BundleFile> listed) {
    /**
     * Checks names, sizes, and the hashes of files that are not in a record of earlier checks.
     *
     * @param now the time
     * @return the record with the files that were read
     * @throws ModelBundleException naming the first file that differs
     */
    HashRecord check(HashRecord record, Instant now) {
        files.check(listed.keySet());
        listed.values().forEach(files::checkSize);
        Map<String, FileStamp> before = stamps();
        List<BundleFile> unknown = listed.values().stream().filter(file -> !isHeld(record, file, before)).toList();
        checkHashes(unknown);
        return record.with(read(unknown, before, now));
    }

    /** As {@link #check}, but reads every file. */
    void checkAll() {
        files.check(listed.keySet());
        listed.values().forEach(files::checkSize);
        checkHashes(listed.values());
    }

    private static boolean isHeld(HashRecord record, BundleFile file, Map<String, FileStamp> stamps) {
        FileStamp stamp = stamps.get(file.path());
        return stamp != null && record.holds(file.path(), file.sha256(), stamp);
    }

    /** Returns the stamps of files that have one, by path. */
    Map<String, FileStamp> stamps() {
        Map<String, FileStamp> stamps = new HashMap<>();
        Map<Path, FileStamp> known = new HashMap<>();
        for (String path : listed.keySet()) {
            files.storedIn(path).flatMap(stored -> stamp(stored, known)).ifPresent(stamp -> stamps.put(path, stamp));
        }
        return stamps;
    }

    /** Returns the stamp of a file. The files of a jar share the jar's stamp. */
    private static Optional<FileStamp> stamp(Path file, Map<Path, FileStamp> known) {
        try {
            FileStamp stamp = known.get(file);
            if (stamp == null) {
                stamp = FileStamp.of(file);
                known.put(file, stamp);
            }
            return Optional.of(stamp);
        } catch (IOException e) {
            return Optional.empty(); // Without a stamp, the file is read.
        }
    }

    /** Returns entries for files whose stamps did not change while they were read, and will change if the files are modified. */
    private Map<String, HashRecord.Entry> read(List<BundleFile> read, Map<String, FileStamp> before, Instant start) {
        Map<String, HashRecord.Entry> entries = new HashMap<>();
        Map<String, FileStamp> after = stamps();
        for (BundleFile file : read) {
            FileStamp stamp = before.get(file.path());
            if (stamp != null && stamp.equals(after.get(file.path())) && stamp.tellsWritesFrom(start)) {
                entries.put(file.path(), new HashRecord.Entry(file.sha256(), stamp));
            }
        }
        return entries;
    }

    private void checkHashes(Collection<BundleFile> toRead) {
        // Largest first, so that all cores are busy until the end.
        List<BundleFile> bySize = toRead.stream().sorted(Comparator.comparingLong(BundleFile::size).reversed()).toList();
        bySize.parallelStream()
                .flatMap(file -> hashFailure(file).stream())
                .min(Comparator.comparing(Throwable::getMessage))
                .ifPresent(failure -> {
                    throw failure;
                });
    }

    private Optional<ModelBundleException> hashFailure(BundleFile file) {
        try (InputStream in = files.open(file.path())) {
            FileCheck.copy(in, OutputStream.nullOutputStream(), file);
            return Optional.empty();
        } catch (IOException e) {
            return Optional.of(FileCheck.unreadable(file, e));
        } catch (ModelBundleException e) {
            return Optional.of(e);
        }
    }
}
