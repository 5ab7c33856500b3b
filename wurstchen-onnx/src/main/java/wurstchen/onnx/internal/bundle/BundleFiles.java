package wurstchen.onnx.internal.bundle;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;
import wurstchen.onnx.Manifest.BundleFile;

/** Access to the files of a bundle. Thread-safe. */
interface BundleFiles {
    /** Opens a file. The path must be allowed by {@link BundlePath}. */
    InputStream open(String path) throws IOException;

    /**
     * Checks what can be checked without reading: that the listed files exist, and, if the location can be listed, that there are no
     * others.
     *
     * @throws wurstchen.onnx.ModelBundleException naming the first file that is missing or not listed
     */
    void check(Set<String> listed);

    /** Compares a file's size with the manifest, if the size is known without reading. */
    void checkSize(BundleFile expected);

    /** Returns the file on disk that contains a file of the bundle: itself, or its jar; empty if there is none. */
    Optional<Path> storedIn(String path);

    /** Returns a key that is unique to the bundle. */
    String identity();

    /** Returns the folder of the files on disk; empty if they are elsewhere, where ONNX Runtime cannot read them. */
    Optional<Path> folder();
}
