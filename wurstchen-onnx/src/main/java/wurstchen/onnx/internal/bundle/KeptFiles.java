package wurstchen.onnx.internal.bundle;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;
import wurstchen.onnx.Manifest.BundleFile;

/**
 * Files in a folder of the cache. Only listed files are read; others may lie there too.
 *
 * @param files all files of the folder
 */
record KeptFiles(FolderFiles files) implements BundleFiles {
    static KeptFiles in(Path folder) {
        return new KeptFiles(new FolderFiles(folder));
    }

    @Override
    public InputStream open(String path) throws IOException {
        return files.open(path);
    }

    @Override
    public void check(Set<String> listed) {}

    @Override
    public void checkSize(BundleFile expected) {
        files.checkSize(expected);
    }

    @Override
    public Optional<Path> storedIn(String path) {
        return files.storedIn(path);
    }

    @Override
    public String identity() {
        return files.identity();
    }

    @Override
    public Optional<Path> folder() {
        return files.folder();
    }
}
