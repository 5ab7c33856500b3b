package wurstchen.onnx.internal.bundle;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import wurstchen.onnx.Manifest.BundleFile;

/** Remembers which files were opened. */
final class CountedFiles implements BundleFiles {
    private final BundleFiles files;
    private final Queue<String> opened = new ConcurrentLinkedQueue<>();

    CountedFiles(BundleFiles files) {
        this.files = files;
    }

    /** The files that were opened since the last call, in the order of their names. */
    List<String> opened() {
        List<String> names = opened.stream().sorted().toList();
        opened.clear();
        return names;
    }

    @Override
    public InputStream open(String path) throws IOException {
        opened.add(path);
        return files.open(path);
    }

    @Override
    public void check(Set<String> listed) {
        files.check(listed);
    }

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
