package wurstchen.onnx.internal.bundle;

import com.google.common.collect.ImmutableMap;
import com.google.common.hash.Hashing;
import com.google.common.io.MoreFiles;
import com.google.common.io.RecursiveDeleteOption;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import wurstchen.onnx.Manifest.BundleFile;
import wurstchen.onnx.ModelBundleException;
import wurstchen.onnx.internal.cache.FileStamp;
import wurstchen.onnx.internal.cache.HashRecord;
import wurstchen.onnx.internal.common.HostSystem;

/**
 * A folder of the cache with one graph. It is written elsewhere and moved into place as a whole, with a list of its files' sizes and hashes, and
 * verified when it is read, as a bundle is.
 *
 * @param path the folder, which need not exist
 */
record KeptFolder(Path path, HostSystem host, Clock clock) {
    private static final String LIST = "files";

    /** "SHA-256 size name". */
    private static final Pattern LINE = Pattern.compile("([0-9a-f]{64}) (\\d{1,18}) ([A-Za-z0-9._]+)");

    /**
     * Returns the graph of the folder, verified.
     *
     * @return empty if there is no such folder, or it is damaged, in which case it is deleted
     */
    Optional<GraphFile> graph() {
        if (!Files.isDirectory(path)) {
            return Optional.empty();
        }
        try {
            return Optional.of(verified());
        } catch (IOException | ModelBundleException e) {
            delete(path);
            return Optional.empty();
        }
    }

    private GraphFile verified() throws IOException {
        ImmutableMap<String, BundleFile> listed = list();
        KeptFiles files = KeptFiles.in(path);
        BundleCheck check = new BundleCheck(files, listed);
        Instant now = clock.instant();
        Map<String, FileStamp> stamps = check.stamps();
        HashRecord record = HashRecord.read(path.toString(), host);
        HashRecord checked = check.check(record, now);
        if (checked != record) {
            checked.write();
        }
        BundleFile file = listed.get(KeptGraph.MODEL);
        if (file == null) {
            throw new IOException(path + " lists no " + KeptGraph.MODEL);
        }
        byte[] model = FileCheck.read(files, file);
        ExternalData.check(KeptGraph.MODEL, model, listed.keySet());
        return new KeptGraph(files, listed, stamps, now, model);
    }

    private ImmutableMap<String, BundleFile> list() throws IOException {
        ImmutableMap.Builder<String, BundleFile> files = ImmutableMap.builder();
        for (String text : Files.readAllLines(path.resolve(LIST), StandardCharsets.ISO_8859_1)) {
            Matcher line = LINE.matcher(text);
            if (!line.matches()) {
                throw new IOException("'" + text + "' in the list of " + path);
            }
            files.put(line.group(3), new BundleFile(line.group(3), Long.parseLong(line.group(2)), line.group(1)));
        }
        return files.buildKeepingLast();
    }

    /**
     * Writes the list of a folder and moves it here.
     *
     * @throws IOException if that fails, or another program was faster
     */
    void keep(Path written) throws IOException {
        List<Path> files;
        try (Stream<Path> all = Files.list(written)) {
            files = all.sorted().toList();
        }
        Map<String, HashRecord.Entry> entries = new HashMap<>();
        StringBuilder list = new StringBuilder();
        for (Path file : files) {
            String name = file.getFileName().toString();
            String sha256 = MoreFiles.asByteSource(file).hash(Hashing.sha256()).toString();
            FileStamp stamp = FileStamp.of(file);
            entries.put(name, new HashRecord.Entry(sha256, stamp));
            list.append(sha256).append(' ').append(stamp.size()).append(' ').append(name).append('\n');
        }
        Files.writeString(written.resolve(LIST), list);
        Files.move(written, path);
        // No other program writes to files that were made here, so their stamps need not be old to be trusted.
        HashRecord.read(path.toString(), host).with(entries).write();
    }

    static void delete(Path folder) {
        try {
            MoreFiles.deleteRecursively(folder, RecursiveDeleteOption.ALLOW_INSECURE);
        } catch (IOException e) {
            // Another program was faster, or the folder cannot be deleted and is not used.
        }
    }
}
