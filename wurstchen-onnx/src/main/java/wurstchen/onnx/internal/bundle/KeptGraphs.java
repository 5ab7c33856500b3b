package wurstchen.onnx.internal.bundle;

import static java.util.Objects.requireNonNull;

import com.google.common.hash.Hashing;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Clock;
import java.time.Duration;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import wurstchen.WurstchenException;
import wurstchen.onnx.Manifest.BundleFile;
import wurstchen.onnx.internal.cache.CacheFolder;
import wurstchen.onnx.internal.common.HostSystem;

/**
 * The graphs of a bundle as ONNX Runtime optimised them, with their weights unpacked, kept in the user's cache. The key is the hash of the
 * manifest, which stands for every byte of the bundle, and whatever else the optimised form depends on. Without a cache, nothing is kept.
 * Thread-safe, also between programs.
 */
public final class KeptGraphs {
    /** System property; {@code off} keeps none. */
    static final String PROPERTY = "wurstchen.graphs";

    /** The beginning of the name of a folder that is being written. */
    private static final String WRITING = "writing-";

    /**
     * Larger bundles are not kept: ONNX Runtime writes weights in 32 bits, so the cache may hold four times as much, and reading them takes longer
     * than optimising the graphs.
     */
    private static final long MOST_BYTES_OF_A_BUNDLE = 128L << 20;

    /** Maximum size of a kept graph: constants that ONNX Runtime computes can be larger than what they are computed from. */
    private static final long MOST_BYTES_OF_A_GRAPH = 512L << 20;

    /** Maximum number of models and builds of ONNX Runtime; those that were used least recently are deleted. */
    private static final int MOST_SETS = 4;

    private static final Duration LONGEST_WRITING = Duration.ofHours(1);

    private final Path set;
    private final HostSystem host;
    private final Clock clock;

    private KeptGraphs(Path set, HostSystem host, Clock clock) {
        this.set = set;
        this.host = host;
        this.clock = clock;
    }

    /**
     * Returns the kept graphs of a bundle.
     *
     * @param form all that the optimised form of a graph depends on besides the graph
     * @return empty if none are to be kept, or there is no cache
     */
    public static Optional<KeptGraphs> of(VerifiedBundle bundle, String form, HostSystem host) {
        return of(bundle, form, host, Clock.systemUTC());
    }

    static Optional<KeptGraphs> of(VerifiedBundle bundle, String form, HostSystem host, Clock clock) {
        long bytes = bundle.manifest().files().values().stream().mapToLong(BundleFile::size).sum();
        if (bytes > MOST_BYTES_OF_A_BUNDLE || host.property(PROPERTY).equals(Optional.of("off"))) {
            return Optional.empty();
        }
        try {
            String key = Hashing.sha256().hashString(bundle.manifestSha256() + "\n" + form, StandardCharsets.UTF_8).toString();
            return Optional.of(new KeptGraphs(CacheFolder.of(host).resolve("graphs").resolve(key.substring(0, 32)), host, clock));
        } catch (WurstchenException e) {
            return Optional.empty();
        }
    }

    private KeptFolder folder(String graph) {
        return new KeptFolder(set.resolve(graph.replace('/', '_')), host, clock);
    }

    /**
     * Returns a kept graph, verified.
     *
     * @param graph its file in the bundle
     */
    public Optional<GraphFile> find(String graph) {
        Optional<GraphFile> found = folder(graph).graph();
        found.ifPresent(file -> touch());
        return found;
    }

    /** Records that the set is used. */
    private void touch() {
        try {
            Files.setLastModifiedTime(set, FileTime.from(clock.instant()));
        } catch (IOException e) {
            // The set may be deleted before others.
        }
    }

    /** Deletes a graph that ONNX Runtime does not open. */
    public void delete(String graph) {
        KeptFolder.delete(folder(graph).path());
    }

    /**
     * Creates a folder to write a graph and its weights to; {@link #keep} or {@link #drop} ends the writing.
     *
     * @return the file for the graph; empty if the cache is not writable
     */
    public Optional<Path> begin() {
        try {
            if (!Files.isDirectory(set)) {
                Files.createDirectories(set);
                deleteOldSets();
            }
            deleteAbandoned();
            return Optional.of(Files.createTempDirectory(set, WRITING).resolve(KeptGraph.MODEL));
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    private void deleteOldSets() throws IOException {
        List<Path> sets = list(requireNonNull(set.getParent()));
        Map<Path, Long> used = new HashMap<>();
        for (Path one : sets) {
            used.put(one, one.toFile().lastModified());
        }
        sets.stream().sorted(Comparator.comparing(used::get).reversed()).skip(MOST_SETS).forEach(KeptFolder::delete);
    }

    /** Deletes what killed programs left. */
    private void deleteAbandoned() throws IOException {
        long before = clock.instant().minus(LONGEST_WRITING).toEpochMilli();
        list(set).stream()
                .filter(folder -> folder.getFileName().toString().startsWith(WRITING) && folder.toFile().lastModified() < before)
                .forEach(KeptFolder::delete);
    }

    private static List<Path> list(Path folder) throws IOException {
        try (Stream<Path> all = Files.list(folder)) {
            return all.toList();
        }
    }

    /**
     * Keeps a graph that was written, unless it is too large.
     *
     * @param graph its file in the bundle
     * @param file as {@link #begin} returned it
     */
    public void keep(String graph, Path file) {
        try {
            if (bytes(requireNonNull(file.getParent())) > MOST_BYTES_OF_A_GRAPH) {
                drop(file);
                return;
            }
            folder(graph).keep(requireNonNull(file.getParent()));
        } catch (IOException e) {
            drop(file);
        }
    }

    private static long bytes(Path folder) throws IOException {
        return list(folder).stream().mapToLong(file -> file.toFile().length()).sum();
    }

    /** Deletes what was written to a place that {@link #begin} returned. */
    public void drop(Path file) {
        KeptFolder.delete(requireNonNull(file.getParent()));
    }
}
