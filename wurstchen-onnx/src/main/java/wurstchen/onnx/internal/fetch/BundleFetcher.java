package wurstchen.onnx.internal.fetch;

import static java.util.Objects.requireNonNull;

import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import com.google.common.hash.Hashing;
import com.google.common.io.MoreFiles;
import com.google.common.io.RecursiveDeleteOption;
import java.io.IOException;
import java.net.URI;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import wurstchen.WurstchenException;
import wurstchen.onnx.Manifest;
import wurstchen.onnx.Manifest.BundleFile;
import wurstchen.onnx.ModelBundleException;
import wurstchen.onnx.internal.bundle.BundleArchive;
import wurstchen.onnx.internal.bundle.ManifestReader;
import wurstchen.onnx.internal.bundle.VerifiedBundle;
import wurstchen.onnx.internal.cache.CacheFiles;
import wurstchen.onnx.internal.cache.CacheLock;
import wurstchen.onnx.internal.common.OneLine;

/**
 * Fetches a bundle into a folder of the cache that is named by the manifest's hash. One process fetches, others wait for it; what a process
 * leaves behind is the beginning of the next one's.
 *
 * @param source where the bundle is
 * @param sha256 of its manifest
 * @param cache the folder that holds a folder for each bundle
 * @param headers sent with each request to the source's server
 * @param limits of time and bytes
 * @param progress hears of each file's path and how many bytes of all files are there, with their sum
 */
public record BundleFetcher(
        URI source, String sha256, Path cache, ImmutableMap<String, String> headers, FetchLimits limits, Progress progress) {
    private static final String PARTIAL = CacheFiles.PARTIAL;
    private static final Duration BETWEEN_TRIES = Duration.ofMillis(50);

    /** Hears how far the fetch is. */
    public interface Progress {
        /** A part of a file is there; {@code done} and {@code total} are bytes of all files. */
        void at(String file, long done, long total);
    }

    /**
     * Checks the source.
     *
     * @throws IllegalArgumentException if it is not an address from which a bundle can be fetched
     */
    public BundleFetcher {
        Addresses.check(source);
    }

    /**
     * Opens the bundle, and fetches before what is missing.
     *
     * @throws ModelBundleException if the server has another bundle, or the bundle is not one of a supported kind
     * @throws WurstchenException if it cannot be fetched
     */
    public VerifiedBundle open() {
        Optional<VerifiedBundle> there = openFetched();
        if (there.isPresent()) {
            return there.get();
        }
        FetchClock clock = new FetchClock(source, limits.total(), System::nanoTime);
        try {
            Files.createDirectories(cache);
            try (CacheLock lock = lock(clock)) {
                Optional<VerifiedBundle> meanwhile = openFetched();
                if (meanwhile.isEmpty()) {
                    fetch(clock, lock.exclusive());
                }
            }
        } catch (IOException e) {
            throw new WurstchenException("cannot write to " + cache + ": " + OneLine.of(e.toString()) + "; name another cache", e);
        }
        return VerifiedBundle.open(folder(), sha256);
    }

    private Path folder() {
        return cache.resolve(sha256);
    }

    /** Returns the bundle if it was fetched; empty if it was not, or was damaged since. */
    private Optional<VerifiedBundle> openFetched() {
        if (!Files.isDirectory(folder())) {
            return Optional.empty();
        }
        try {
            return Optional.of(VerifiedBundle.open(folder(), sha256));
        } catch (ModelBundleException e) {
            return Optional.empty();
        }
    }

    private CacheLock lock(FetchClock clock) throws IOException {
        while (true) {
            Optional<CacheLock> lock = CacheLock.tryToTake(cache.resolve(sha256 + ".lock"));
            if (lock.isPresent()) {
                return lock.get();
            }
            clock.pause(BETWEEN_TRIES);
        }
    }

    private void fetch(FetchClock clock, boolean alone) throws IOException {
        // Without locks, another process may fetch at the same time.
        Path partial = cache.resolve(sha256 + (alone ? "" : "." + UUID.randomUUID()) + PARTIAL);
        if (Files.isDirectory(folder())) {
            // Damaged: files that are whole are kept.
            delete(partial);
            Files.move(folder(), partial);
        }
        Files.createDirectories(partial);
        try (BundleSource files = new BundleSource(new HttpGet(source, headers, limits, clock), source)) {
            Path manifestFile = partial.resolve(Manifest.FILE_NAME);
            byte[] bytes = knownManifest(manifestFile);
            if (bytes == null) {
                bytes = files.manifest();
                VerifiedBundle.checkManifest(sha256, Hashing.sha256().hashBytes(bytes).toString());
                Files.deleteIfExists(manifestFile);
                Files.write(manifestFile, bytes);
            }
            Manifest manifest = ManifestReader.read(bytes);
            checkTotal(manifest);
            deleteUnlisted(partial, manifest);
            fetchFiles(files, partial, manifest, BundleArchive.starts(bytes.length, manifest.files().values()));
        }
        complete(partial);
    }

    private byte @Nullable [] knownManifest(Path file) throws IOException {
        if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS) || Files.size(file) > ManifestReader.MAX_BYTES) {
            return null;
        }
        byte[] bytes = Files.readAllBytes(file);
        return Hashing.sha256().hashBytes(bytes).toString().equals(sha256) ? bytes : null;
    }

    private void checkTotal(Manifest manifest) {
        long total = total(manifest);
        if (total > limits.bytes()) {
            throw new ModelBundleException(Addresses.shown(source) + ": expected a bundle of at most " + limits.bytes() + " bytes, "
                    + Manifest.FILE_NAME + " lists " + total + "; allow more with maxBytes");
        }
    }

    private static long total(Manifest manifest) {
        return manifest.files().values().stream().mapToLong(BundleFile::size).reduce(0, BundleFetcher::sum);
    }

    private static long sum(long one, long other) {
        return one > Long.MAX_VALUE - other ? Long.MAX_VALUE : one + other;
    }

    private void fetchFiles(BundleSource source, Path partial, Manifest manifest, ImmutableMap<String, Long> starts) throws IOException {
        List<BundleFile> order = BundleArchive.order(manifest.files().values());
        checkSpace(partial, order, total(manifest));
        long total = total(manifest);
        long before = 0;
        for (BundleFile file : order) {
            Path target = partial.resolve(file.path());
            Files.createDirectories(requireNonNull(target.getParent()));
            long done = before;
            new FileFetch(file, source.place(file, starts), target, bytes -> progress.at(file.path(), done + bytes, total)).run();
            before += file.size();
        }
    }

    private static void checkSpace(Path partial, List<BundleFile> files, long total) throws IOException {
        long there = 0;
        for (BundleFile file : files) {
            Path target = partial.resolve(file.path());
            there += Files.exists(target, LinkOption.NOFOLLOW_LINKS) ? Math.min(Files.size(target), file.size()) : 0;
        }
        long free = Files.getFileStore(partial).getUsableSpace();
        if (free < total - there) {
            throw new WurstchenException("the disk of " + partial.getParent() + " has " + free + " bytes left, the bundle needs " + (total - there)
                    + " more; free space, or name another cache");
        }
    }

    /** Deletes what does not belong to the bundle, and links: a file of a name that is free is written. */
    private static void deleteUnlisted(Path partial, Manifest manifest) throws IOException {
        ImmutableSet<String> listed = ImmutableSet.<String>builder()
                .add(Manifest.FILE_NAME)
                .addAll(manifest.files().keySet())
                .build();
        Files.walkFileTree(partial, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                if (!attributes.isRegularFile() || !listed.contains(partial.relativize(file).toString().replace('\\', '/'))) {
                    Files.delete(file);
                }
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path directory, @Nullable IOException failure) throws IOException {
                if (!directory.equals(partial) && directory.toFile().list().length == 0) {
                    Files.delete(directory);
                }
                return FileVisitResult.CONTINUE;
            }
        });
    }

    /** Shows the folder to others under its name, once it is complete. */
    private void complete(Path partial) throws IOException {
        try {
            Files.move(partial, folder());
        } catch (IOException e) {
            if (!Files.isDirectory(folder())) {
                throw e;
            }
            delete(partial); // Another process was faster, where there are no locks.
        }
    }

    private static void delete(Path folder) throws IOException {
        if (Files.exists(folder, LinkOption.NOFOLLOW_LINKS)) {
            MoreFiles.deleteRecursively(folder, RecursiveDeleteOption.ALLOW_INSECURE);
        }
    }
}
