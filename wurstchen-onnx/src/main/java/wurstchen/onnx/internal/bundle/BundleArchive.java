package wurstchen.onnx.internal.bundle;

import com.google.common.collect.ImmutableMap;
import com.google.common.hash.Hashing;
import com.google.common.hash.HashingOutputStream;
import com.google.common.io.ByteStreams;
import com.google.common.io.CountingOutputStream;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.LocalDateTime;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.zip.CRC32;
import java.util.zip.CheckedInputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.jspecify.annotations.Nullable;
import wurstchen.WurstchenException;
import wurstchen.onnx.Manifest;
import wurstchen.onnx.Manifest.BundleFile;
import wurstchen.onnx.internal.cache.CacheFiles;
import wurstchen.onnx.internal.common.OneLine;

/**
 * A bundle as one zip file. The same bundle gives the same bytes: the manifest first, then the files by their paths, stored (weights do not
 * become smaller), at one fixed time. So a manifest says where each file's bytes are.
 */
public final class BundleArchive {
    /** Source: APPNOTE.TXT 4.3.7: the fixed part of an entry's header. */
    public static final int HEADER_BYTES = 30;

    /** The extra field with the sizes of an entry whose size does not fit 32 bits. Source: APPNOTE.TXT 4.5.3. */
    private static final int LARGE_SIZES_BYTES = 20;

    private static final long LARGE_SIZE = 0xffffffffL;

    /** Java writes no extra field with a time from this one on: the first moment of 1980 stands for earlier times. */
    private static final LocalDateTime TIME = LocalDateTime.of(1980, 2, 1, 0, 0);

    private BundleArchive() {}

    /** Returns the files of a bundle in their order in an archive, after the manifest. */
    public static List<BundleFile> order(Collection<BundleFile> files) {
        return files.stream().sorted(Comparator.comparing(BundleFile::path)).toList();
    }

    /** Returns the length of the header before an entry's bytes. */
    private static long header(String path, long size) {
        return HEADER_BYTES + path.length() + (size >= LARGE_SIZE ? LARGE_SIZES_BYTES : 0);
    }

    /** Returns where the bytes of the first entry, the manifest, begin. */
    public static long manifestStart() {
        return header(Manifest.FILE_NAME, 0);
    }

    /**
     * Returns where each file's bytes begin.
     *
     * @param manifestSize bytes of the manifest
     * @param files of the bundle
     */
    public static ImmutableMap<String, Long> starts(long manifestSize, Collection<BundleFile> files) {
        ImmutableMap.Builder<String, Long> starts = ImmutableMap.builder();
        long position = manifestStart() + manifestSize;
        for (BundleFile file : order(files)) {
            position += header(file.path(), file.size());
            starts.put(file.path(), position);
            position += file.size();
        }
        return starts.buildOrThrow();
    }

    /**
     * Writes the archive of a bundle: all of it, or no file. Every file is compared with the manifest.
     *
     * @return the SHA-256 of the archive
     * @throws wurstchen.onnx.ModelBundleException naming the first file that differs from the manifest
     * @throws WurstchenException if the archive cannot be written
     */
    static String write(BundleFiles files, byte[] manifestBytes, Collection<BundleFile> listed, Path archive) {
        Path folder = archive.toAbsolutePath().getParent();
        Path partial = archive.resolveSibling(archive.getFileName() + CacheFiles.PARTIAL);
        try {
            if (folder != null) {
                Files.createDirectories(folder);
            }
            try {
                String sha256 = writeTo(partial, files, manifestBytes, listed);
                CacheFiles.move(partial, archive);
                return sha256;
            } finally {
                Files.deleteIfExists(partial);
            }
        } catch (IOException e) {
            throw new WurstchenException("cannot write " + archive + ": " + OneLine.of(e.toString()) + "; name another file", e);
        }
    }

    private static String writeTo(Path partial, BundleFiles files, byte[] manifestBytes, Collection<BundleFile> listed) throws IOException {
        OutputStream file = Files.newOutputStream(
                partial, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING, StandardOpenOption.WRITE);
        HashingOutputStream hashing = new HashingOutputStream(Hashing.sha256(), new BufferedOutputStream(file));
        ImmutableMap<String, Long> starts = starts(manifestBytes.length, listed);
        try (CountingOutputStream counting = new CountingOutputStream(hashing);
                ZipOutputStream zip = new ZipOutputStream(counting, StandardCharsets.UTF_8)) {
            CRC32 crc = new CRC32();
            crc.update(manifestBytes);
            zip.putNextEntry(entry(Manifest.FILE_NAME, manifestBytes.length, crc.getValue()));
            zip.write(manifestBytes);
            for (BundleFile one : order(listed)) {
                zip.putNextEntry(entry(one.path(), one.size(), crc(files, one)));
                zip.flush();
                checkStart(one, counting.getCount(), starts.get(one.path()));
                try (InputStream in = files.open(one.path())) {
                    FileCheck.copy(in, zip, one);
                }
            }
        }
        return hashing.hash().toString();
    }

    private static ZipEntry entry(String path, long size, long crc) {
        ZipEntry entry = new ZipEntry(path);
        entry.setMethod(ZipEntry.STORED);
        entry.setTimeLocal(TIME);
        entry.setSize(size);
        entry.setCompressedSize(size);
        entry.setCrc(crc);
        return entry;
    }

    private static long crc(BundleFiles files, BundleFile file) throws IOException {
        try (CheckedInputStream in = new CheckedInputStream(files.open(file.path()), new CRC32())) {
            FileCheck.checkSize(file, ByteStreams.exhaust(in));
            return in.getChecksum().getValue();
        }
    }

    /** Java could write other headers one day: then an archive must not be published. */
    private static void checkStart(BundleFile file, long found, @Nullable Long expected) {
        if (expected == null || found != expected) {
            throw new WurstchenException(
                    file.path() + ": expected to start at byte " + expected + " of the archive, got " + found + "; report this with the version of Java");
        }
    }
}
