package wurstchen.spark;

import com.google.common.hash.Hasher;
import com.google.common.hash.Hashing;
import com.google.common.io.MoreFiles;
import com.google.common.io.RecursiveDeleteOption;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Comparator;
import java.util.List;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import wurstchen.WurstchenException;

/**
 * Unpacks a zip file with a model, once for each machine and user: several executors of a machine share the folder, whose files are then
 * verified once. The folder's name is made from the names, sizes and check sums in the zip file, so that another model gets another folder.
 */
final class ModelArchive {
    /** Beside other temporary files, unless this property says otherwise. */
    static final String CACHE_PROPERTY = "wurstchen.spark.models";

    private ModelArchive() {}

    /**
     * Unpacks, or waits for another process that does.
     *
     * @throws WurstchenException if it cannot be read or unpacked
     */
    static Path unpack(Path zip) {
        try (ZipFile file = new ZipFile(zip.toFile())) {
            List<? extends ZipEntry> entries =
                    file.stream().filter(entry -> !entry.isDirectory()).sorted(Comparator.comparing(ZipEntry::getName)).toList();
            Path models = Files.createDirectories(cache());
            Path folder = models.resolve(name(entries));
            synchronized (ModelArchive.class) { // a lock of a file is of the whole JVM
                try (FileChannel channel = FileChannel.open(
                                models.resolve(folder.getFileName() + ".lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                        FileLock lock = channel.lock()) {
                    if (lock.isValid() && !Files.exists(folder)) {
                        unpack(file, entries, folder);
                    }
                }
            }
            return folder;
        } catch (IOException e) {
            throw new WurstchenException("cannot unpack the model " + zip + ": " + e + "; make it with: cd MODEL && zip -r ../model.zip .", e);
        }
    }

    private static Path cache() {
        String set = System.getProperty(CACHE_PROPERTY);
        return set != null ? Path.of(set) : Path.of(System.getProperty("java.io.tmpdir"), "wurstchen-models-" + System.getProperty("user.name"));
    }

    private static String name(List<? extends ZipEntry> entries) {
        Hasher hasher = Hashing.sha256().newHasher();
        for (ZipEntry entry : entries) {
            hasher.putInt(entry.getName().length())
                    .putString(entry.getName(), StandardCharsets.UTF_8)
                    .putLong(entry.getSize())
                    .putLong(entry.getCrc());
        }
        return hasher.hash().toString();
    }

    private static void unpack(ZipFile zip, List<? extends ZipEntry> entries, Path folder) throws IOException {
        Path half = folder.resolveSibling(folder.getFileName() + ".half");
        if (Files.exists(half)) { // of a process that was ended
            MoreFiles.deleteRecursively(half, RecursiveDeleteOption.ALLOW_INSECURE);
        }
        for (ZipEntry entry : entries) {
            Path target = half.resolve(entry.getName()).normalize();
            if (!target.startsWith(half)) {
                throw new IOException("it has a file outside of it, " + entry.getName());
            }
            Files.createDirectories(target.getParent());
            try (InputStream in = zip.getInputStream(entry)) {
                Files.copy(in, target);
            }
        }
        Files.createDirectories(half);
        Files.move(half, folder, StandardCopyOption.ATOMIC_MOVE);
    }
}
