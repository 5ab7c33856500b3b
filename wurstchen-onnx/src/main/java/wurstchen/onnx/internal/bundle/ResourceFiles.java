package wurstchen.onnx.internal.bundle;

import java.io.IOException;
import java.io.InputStream;
import java.net.JarURLConnection;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;
import wurstchen.onnx.Manifest;
import wurstchen.onnx.Manifest.BundleFile;
import wurstchen.onnx.ModelBundleException;

/**
 * Files on a class path or in a module. They are not unpacked: ONNX Runtime gets their bytes.
 *
 * @param resources where to look
 * @param prefix the folder of the bundle, without a slash at either end
 */
record ResourceFiles(Resources resources, String prefix) implements BundleFiles {
    @Override
    public InputStream open(String path) throws IOException {
        InputStream in = resources.open(prefix + "/" + path);
        if (in == null) {
            throw new ModelBundleException("no resource " + prefix + "/" + path + " on the class path; "
                    + "add the jar that holds the model (a module must open its folders to wurstchen.onnx), or give a model folder");
        }
        return in;
    }

    /** Checks nothing: a class path cannot be listed, and reading a file shows that it exists. */
    @Override
    public void check(Set<String> listed) {}

    /** Checks nothing: reading shows the size. */
    @Override
    public void checkSize(BundleFile expected) {}

    @Override
    public Optional<Path> storedIn(String path) {
        return resources.url(prefix + "/" + path).flatMap(ResourceFiles::file);
    }

    @Override
    public String identity() {
        return resources.url(prefix + "/" + Manifest.FILE_NAME).map(URL::toString).orElse(prefix);
    }

    /** Returns the file of a URL {@code file:FILE} or {@code jar:file:FILE!/ENTRY}; empty for nested jars and other protocols. */
    private static Optional<Path> file(URL url) {
        try {
            URL outer = url.openConnection() instanceof JarURLConnection jar ? jar.getJarFileURL() : url;
            return outer.getProtocol().equals("file") ? Optional.of(Path.of(outer.toURI()).toRealPath()) : Optional.empty();
        } catch (IOException | URISyntaxException | IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    @Override
    public Optional<Path> folder() {
        return Optional.empty();
    }
}
