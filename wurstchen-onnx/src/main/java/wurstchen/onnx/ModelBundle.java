package wurstchen.onnx;

import static com.google.common.base.Preconditions.checkArgument;

import java.net.URI;
import java.nio.file.Path;
import java.util.Optional;
import wurstchen.onnx.internal.bundle.Resources;
import wurstchen.onnx.internal.bundle.VerifiedBundle;
import wurstchen.onnx.internal.common.Requirements;
import wurstchen.text.ClipTokenizer;

/**
 * An exported model: {@code model.json}, the tokenizers, and the graphs with their weights. It is verified when it is opened, before ONNX
 * Runtime sees any of it: the manifest's values, that the folder contains the listed files and nothing else, no links, every size and every
 * SHA-256.
 *
 * <p>The hashes are part of the bundle, so they detect damage but do not authenticate its author. If the manifest's own SHA-256 is known
 * from a trusted place, pass it to {@link #open(Path, String)}; it covers all other files.
 *
 * <p>A file is hashed once: its SHA-256 is recorded in the user's cache with its path, size, times and inode number. Later starts of any
 * program of this user rely on the record as long as none of these changes. {@link #verify} reads every file, and so does every start with
 * {@code -Dwurstchen.verify=always}.
 *
 * <p>Graphs and tokenizers are read again when they are used, and those bytes are checked. Weights ({@code .onnx.data}) in a folder are
 * read by ONNX Runtime: a program that can write to the folder after the check can change them. A bundle on the class path is not unpacked:
 * its weights are read into memory, checked, and passed to ONNX Runtime, so they take as much memory outside the Java heap as the files,
 * while a graph is open.
 *
 * <p>Thread-safe. Keep it open while a pipeline uses it (a pipeline that opened it closes it).
 */
public final class ModelBundle implements AutoCloseable {
    private final VerifiedBundle verified;

    ModelBundle(VerifiedBundle verified) {
        this.verified = verified;
    }

    /**
     * Opens and verifies a bundle in a folder.
     *
     * @param folder the folder that holds {@code model.json}
     * @return the bundle
     * @throws ModelBundleException if it is not a complete, unmodified bundle of a supported kind
     */
    public static ModelBundle open(Path folder) {
        Requirements.check();
        return new ModelBundle(VerifiedBundle.open(folder));
    }

    /**
     * Opens and verifies a bundle in a folder whose manifest's hash is known.
     *
     * @param folder the folder that holds {@code model.json}
     * @param expectedManifestSha256 the SHA-256 of {@code model.json}, 64 hexadecimal digits
     * @return the bundle
     * @throws IllegalArgumentException if the SHA-256 is malformed
     * @throws ModelBundleException if the manifest differs, or the folder is not a complete, unmodified bundle
     */
    public static ModelBundle open(Path folder, String expectedManifestSha256) {
        Requirements.check();
        return new ModelBundle(VerifiedBundle.open(folder, expectedManifestSha256));
    }

    /**
     * Opens and verifies a bundle on the class path. Nothing is unpacked; files of up to 2147483639 bytes can be read.
     *
     * @param loader a class loader with the bundle on its class path; on the module path, it finds jars without a module descriptor
     * @param prefix the resource folder that holds {@code model.json}, such as {@code wurstchen/model}
     * @return the bundle
     * @throws ModelBundleException if there is none, or it is not a complete, unmodified bundle of a supported kind
     */
    public static ModelBundle openResource(ClassLoader loader, String prefix) {
        Requirements.check();
        return new ModelBundle(VerifiedBundle.openResource(Resources.of(loader), prefix));
    }

    /**
     * Opens and verifies a bundle in a jar, on the class path or the module path; see {@link #openResource(ClassLoader, String)}.
     *
     * @param owner a class of the jar that holds the bundle; if its module has a descriptor, the bundle's folder and its subfolders must be
     *     open to this module, for instance {@code opens my.bundle to wurstchen.onnx}, unless the folder's name is not a package name, such
     *     as {@code my-bundle}
     * @param prefix the resource folder that holds {@code model.json}, from the root of the class path
     * @return the bundle
     * @throws ModelBundleException if there is none, or it is not a complete, unmodified bundle of a supported kind
     */
    public static ModelBundle openResource(Class<?> owner, String prefix) {
        Requirements.check();
        return new ModelBundle(VerifiedBundle.openResource(Resources.of(owner), prefix));
    }

    /**
     * Opens a bundle from the user's cache, and fetches before from a server what is not there. {@link BundleFetch} has options: progress, time
     * limits, headers, another folder.
     *
     * {@snippet class="wurstchen.onnx.snippets.FetchSnippetsTest" region="fetch"}
     *
     * @param source the http or https address of a folder that holds the bundle's files, of its {@code model.json}, or of an archive of it
     * @param manifestSha256 the SHA-256 of {@code model.json}, 64 hexadecimal digits, from a place that is trusted: it covers all files
     * @return the verified bundle, owned by the caller
     * @throws IllegalArgumentException if the SHA-256 is malformed, or the source is not an http or https address
     * @throws ModelBundleException if the server has another bundle, or it is not one of a supported kind
     * @throws wurstchen.WurstchenException if it cannot be fetched or stored
     */
    public static ModelBundle fetch(URI source, String manifestSha256) {
        Requirements.check();
        return BundleFetch.from(source, manifestSha256).open();
    }

    /**
     * Writes the bundle as one file, from which {@link #fetch} takes it: a zip file with stored entries, the manifest first. The same bundle
     * gives the same bytes. Every file is compared with the manifest.
     *
     * @param archive a file name that ends with {@code .zip}; an existing file is replaced, once the new one is complete
     * @return the SHA-256 of the archive, 64 lower-case hexadecimal digits
     * @throws IllegalArgumentException if the name ends otherwise
     * @throws ModelBundleException naming the first file that differs from the manifest
     * @throws wurstchen.WurstchenException if the archive cannot be written
     * @throws IllegalStateException if the bundle is closed
     */
    public String pack(Path archive) {
        checkArgument(archive.toString().endsWith(".zip"), "the name of an archive must end with .zip, got '%s'", archive);
        return verified.pack(archive);
    }

    /**
     * Returns where the bundle is.
     *
     * @return the folder that holds {@code model.json}; empty if it is on the class path or in another file system
     */
    public Optional<Path> folder() {
        return verified.folder();
    }

    /**
     * Reads every file and compares it with the manifest, ignoring recorded hashes.
     *
     * @throws ModelBundleException naming the first file that differs
     * @throws IllegalStateException if the bundle is closed
     */
    public void verify() {
        verified.verify();
    }

    /**
     * Returns the manifest.
     *
     * @return the checked manifest
     */
    public Manifest manifest() {
        return verified.manifest();
    }

    /**
     * Returns the hash of the manifest, which identifies the whole bundle.
     *
     * @return the SHA-256 of {@code model.json}, 64 lower-case hexadecimal digits
     */
    public String manifestSha256() {
        return verified.manifestSha256();
    }

    /**
     * Reads the tokenizer of Stage C's text encoder. Needs no graph to be opened.
     *
     * {@snippet class="wurstchen.onnx.snippets.OpenSnippetsTest" region="tokenizer"}
     *
     * @return prompt to token ids; can be used after this is closed
     * @throws ModelBundleException if its files are not those of a tokenizer, or not what the manifest says
     * @throws IllegalStateException if the bundle is closed
     */
    public ClipTokenizer tokenizerC() {
        return verified.tokenizerC();
    }

    /**
     * Reads the tokenizer of Stage B's text encoder. Needs no graph to be opened.
     *
     * @return prompt to token ids; can be used after this is closed
     * @throws ModelBundleException if its files are not those of a tokenizer, or not what the manifest says
     * @throws IllegalStateException if the bundle is closed
     */
    public ClipTokenizer tokenizerB() {
        return verified.tokenizerB();
    }

    /** Returns the files of the bundle. */
    VerifiedBundle verified() {
        return verified;
    }

    /** Prevents further reads. Pipelines that use the bundle must be closed before. A second call does nothing. */
    @Override
    public void close() {
        verified.close();
    }
}
