package wurstchen.onnx.internal.bundle;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;
import wurstchen.onnx.Manifest.BundleFile;

/** Where the files of a bundle lie. Thread-safe. */
interface BundleFiles {
    /** Opens a file; the path is one that {@link BundlePath} allows. */
    InputStream open(String path) throws IOException;

    /**
     * Checks what can be told without reading a file: that the listed files are there, and where a folder can be listed nothing else.
     *
     * @throws wurstchen.onnx.ModelBundleException naming the first that is not
     */
    void check(Set<String> listed);

    /** Compares a file's size with the manifest's where that needs no reading. */
    void checkSize(BundleFile expected);

    /** Returns the file on a disk that holds a file of the bundle, itself or in a jar; empty if there is none. */
    Optional<Path> storedIn(String path);

    /** Returns what no other bundle has. */
    String identity();

    /** Returns the folder that holds the files, for whoever reads them by name; empty if they lie in no folder. */
    Optional<Path> folder();
}
