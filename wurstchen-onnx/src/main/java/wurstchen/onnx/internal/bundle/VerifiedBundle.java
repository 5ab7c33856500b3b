package wurstchen.onnx.internal.bundle;

import static com.google.common.base.Preconditions.checkArgument;
import static com.google.common.base.Preconditions.checkState;

import com.google.common.collect.ImmutableList;
import com.google.common.hash.Hashing;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import wurstchen.onnx.Manifest;
import wurstchen.onnx.ModelBundleException;
import wurstchen.onnx.internal.cache.FileStamp;
import wurstchen.onnx.internal.cache.HashRecord;
import wurstchen.onnx.internal.common.HostSystem;
import wurstchen.onnx.internal.common.OneLine;
import wurstchen.text.ClipTokenizer;
import wurstchen.text.TokenizerFiles;

/**
 * A bundle whose files were compared with its manifest: the implementation of {@code wurstchen.onnx.ModelBundle}, which documents what is
 * checked. Thread-safe.
 */
public final class VerifiedBundle implements AutoCloseable {
    /** System property; {@code always} reads every file at every start. */
    static final String PROPERTY = "wurstchen.verify";

    /** Graphs have 0.2 to 3 MB: large weights lie beside them. */
    private static final int MAX_GRAPH_BYTES = 256 << 20;

    private final BundleFiles files;
    private final Manifest manifest;
    private final byte[] manifestBytes;
    private final String manifestSha256;

    /** Of the files, before they were verified. */
    private final Map<String, FileStamp> stamps;

    private final Instant verified;
    private volatile boolean closed;

    private VerifiedBundle(BundleFiles files, byte[] manifestBytes, Instant now) {
        this.files = files;
        this.manifest = ManifestReader.read(manifestBytes);
        this.manifestBytes = manifestBytes;
        this.manifestSha256 = Hashing.sha256().hashBytes(manifestBytes).toString();
        this.verified = now;
        this.stamps = check().stamps();
    }

    /** Opens a bundle. Reads files that were not read before or may have been modified since. */
    static VerifiedBundle open(BundleFiles files, byte[] manifestBytes, HostSystem host, Clock clock) {
        VerifiedBundle bundle = new VerifiedBundle(files, manifestBytes, clock.instant());
        if (host.property(PROPERTY).equals(Optional.of("always"))) {
            bundle.verify();
        } else {
            HashRecord record = HashRecord.read(files.identity(), host);
            HashRecord checked = bundle.check().check(record, clock.instant());
            if (checked != record) {
                checked.write();
            }
        }
        return bundle;
    }

    private BundleCheck check() {
        return new BundleCheck(files, manifest.files());
    }

    /**
     * Opens and verifies a bundle in a folder.
     *
     * @throws ModelBundleException if it is not a complete, unmodified bundle of a supported kind
     */
    public static VerifiedBundle open(Path folder) {
        return openFolder(folder, Optional.empty());
    }

    /**
     * Opens and verifies a bundle in a folder whose manifest's hash is known.
     *
     * @param expectedManifestSha256 the SHA-256 of {@code model.json}, 64 hexadecimal digits
     * @throws IllegalArgumentException if the SHA-256 is malformed
     * @throws ModelBundleException if the manifest differs, or the folder is not a complete, unmodified bundle
     */
    public static VerifiedBundle open(Path folder, String expectedManifestSha256) {
        return openFolder(folder, Optional.of(checkedSha256(expectedManifestSha256)));
    }

    /**
     * Returns the hash of a manifest in lower case.
     *
     * @throws IllegalArgumentException if it is malformed
     */
    public static String checkedSha256(String expectedManifestSha256) {
        checkArgument(
                expectedManifestSha256.matches("[0-9a-fA-F]{64}"),
                "expected manifest SHA-256 must be 64 hexadecimal digits, got '%s'",
                expectedManifestSha256);
        return expectedManifestSha256.toLowerCase(Locale.ROOT);
    }

    /**
     * Checks the hash of a manifest.
     *
     * @throws ModelBundleException if it is another one
     */
    public static void checkManifest(String expectedSha256, String foundSha256) {
        if (!expectedSha256.equals(foundSha256)) {
            throw new ModelBundleException(Manifest.FILE_NAME + ": expected SHA-256 " + expectedSha256 + ", found " + foundSha256
                    + ": another model, or altered; get the bundle from where the expected value comes from");
        }
    }

    private static VerifiedBundle openFolder(Path folder, Optional<String> expectedSha256) {
        if (!Files.isDirectory(folder)) {
            throw new ModelBundleException("no model at " + folder + ": "
                    + (Files.exists(folder) ? "not a folder" : "no such folder")
                    + "; give the folder that holds " + Manifest.FILE_NAME);
        }
        Path real = realPath(folder);
        byte[] manifestBytes = readManifest(real);
        String found = Hashing.sha256().hashBytes(manifestBytes).toString();
        checkManifest(expectedSha256.orElse(found), found);
        return open(new FolderFiles(real), manifestBytes, HostSystem.current(), Clock.systemUTC());
    }

    /** Resolves a link to the folder itself, which the caller may choose, once, so that a later change of the link has no effect. */
    private static Path realPath(Path folder) {
        try {
            return folder.toRealPath();
        } catch (IOException e) {
            throw new ModelBundleException("model folder " + folder + " cannot be read: " + OneLine.of(e.toString()), e);
        }
    }

    private static byte[] readManifest(Path folder) {
        Path file = folder.resolve(Manifest.FILE_NAME);
        if (Files.isSymbolicLink(file)) {
            throw FolderContents.isLink(Manifest.FILE_NAME);
        }
        if (!Files.isRegularFile(file)) {
            throw new ModelBundleException("no model at " + folder + ": the folder has no " + Manifest.FILE_NAME
                    + "; give the folder that the exporter wrote");
        }
        try (InputStream in = new FolderFiles(folder).open(Manifest.FILE_NAME)) {
            return readManifest(in);
        } catch (IOException e) {
            throw new ModelBundleException(Manifest.FILE_NAME + ": cannot be read: " + OneLine.of(e.toString()), e);
        }
    }

    private static byte[] readManifest(InputStream in) throws IOException {
        byte[] bytes = in.readNBytes(ManifestReader.MAX_BYTES + 1);
        if (bytes.length > ManifestReader.MAX_BYTES) {
            throw new ModelBundleException(Manifest.FILE_NAME + ": more than " + ManifestReader.MAX_BYTES
                    + " bytes, which is no manifest; " + FileCheck.FETCH_AGAIN);
        }
        return bytes;
    }

    /**
     * Opens and verifies a bundle on a class path or in a module.
     *
     * @param resources where to look
     * @param prefix the resource folder that holds {@code model.json}, such as {@code wurstchen/model}
     * @return the bundle
     * @throws ModelBundleException if there is none, or it is not a complete, unmodified bundle of a supported kind
     */
    public static VerifiedBundle openResource(Resources resources, String prefix) {
        checkArgument(
                !prefix.isEmpty() && !prefix.startsWith("/") && !prefix.endsWith("/"),
                "prefix must be a resource folder without a leading or trailing '/', got '%s'",
                prefix);
        ResourceFiles files = new ResourceFiles(resources, prefix);
        try (InputStream in = files.open(Manifest.FILE_NAME)) {
            return open(files, readManifest(in), HostSystem.current(), Clock.systemUTC());
        } catch (IOException e) {
            throw new ModelBundleException("cannot read the model " + prefix + " of the class path: " + OneLine.of(e.toString()), e);
        }
    }

    /**
     * Reads every file and compares it with the manifest.
     *
     * @throws ModelBundleException naming the first file that differs
     * @throws IllegalStateException if the bundle is closed
     */
    public void verify() {
        checkOpen();
        check().checkAll();
    }

    /**
     * Returns the manifest.
     *
     * @return the checked manifest
     */
    public Manifest manifest() {
        return manifest;
    }

    /**
     * Returns the hash of the manifest, which identifies the whole bundle.
     *
     * @return the SHA-256 of {@code model.json}, 64 lower-case hexadecimal digits
     */
    public String manifestSha256() {
        return manifestSha256;
    }

    /** Returns the folder of the files on disk, where ONNX Runtime finds them; empty if they are on a class path or in another file system. */
    public Optional<Path> folder() {
        return files.folder();
    }

    /**
     * Returns the bytes of a listed file, checked while reading; empty if the manifest does not list it.
     *
     * @param most bytes that the file may have
     * @throws ModelBundleException if it has more, or differs from the manifest
     */
    public Optional<byte[]> read(String path, int most) {
        checkOpen();
        return Optional.ofNullable(manifest.files().get(path)).map(file -> FileCheck.read(files, file, most));
    }

    /**
     * Returns a graph, checked while reading.
     *
     * @param path a graph file listed in the manifest
     * @throws ModelBundleException if a file differs from the manifest, or the graph has external data in a file that is not listed
     */
    public GraphFile graph(String path) {
        byte[] model = read(path, MAX_GRAPH_BYTES).orElseThrow();
        GraphSize.check(path, model);
        ExternalData.check(path, model, manifest.files().keySet());
        return new BundleGraph(this, path, model);
    }

    ImmutableList<WeightBytes> readWeights(String graph, byte[] model) {
        checkOpen();
        return new WeightReader(files, manifest.files()).read(graph, model);
    }

    /**
     * Writes the bundle as one archive, see {@link BundleArchive}.
     *
     * @return the SHA-256 of the archive
     * @throws ModelBundleException naming the first file that differs from the manifest
     */
    public String pack(Path archive) {
        checkOpen();
        return BundleArchive.write(files, manifestBytes, manifest.files().values(), archive);
    }

    /** Returns whether it is certain that a listed file was not written since it was verified. */
    boolean isUnchanged(String path) {
        FileStamp stamp = stamps.get(path);
        return stamp != null && stamp.tellsWritesFrom(verified) && stamp.equals(check().stamps().get(path));
    }

    /** Returns the tokenizer of Stage C's text encoder. */
    public ClipTokenizer tokenizerC() {
        return tokenizer(manifest.tokenizers().stageC());
    }

    /** Returns the tokenizer of Stage B's text encoder. */
    public ClipTokenizer tokenizerB() {
        return tokenizer(manifest.tokenizers().stageB());
    }

    private ClipTokenizer tokenizer(Manifest.TokenizerSpec spec) {
        ClipTokenizer tokenizer;
        try {
            tokenizer = ClipTokenizer.load(name -> read(spec.folder() + "/" + name, TokenizerFiles.MAX_BYTES), spec.maxLength());
        } catch (UncheckedIOException | IllegalArgumentException e) {
            throw new ModelBundleException(spec.folder() + ": " + OneLine.of(e.getMessage()), e);
        }
        if (!tokenizer.padToken().equals(spec.padToken())) {
            throw new ModelBundleException(spec.folder() + ": pad token is '" + OneLine.of(tokenizer.padToken()) + "', "
                    + Manifest.FILE_NAME + " says '" + spec.padToken() + "'; export the bundle again");
        }
        return tokenizer;
    }

    /**
     * Checks that the bundle is open.
     *
     * @throws IllegalStateException if it is closed
     */
    public void checkOpen() {
        checkState(!closed, "this ModelBundle is closed: open a new one");
    }

    /** Prevents further reads. A second call does nothing. */
    @Override
    public void close() {
        closed = true;
    }
}
