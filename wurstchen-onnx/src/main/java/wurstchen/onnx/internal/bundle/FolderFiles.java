package wurstchen.onnx.internal.bundle;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import java.util.Set;
import wurstchen.onnx.Manifest.BundleFile;

/** Files in a folder. Links are not followed. */
record FolderFiles(Path path) implements BundleFiles {
    @Override
    public InputStream open(String file) throws IOException {
        return Files.newInputStream(path.resolve(file), StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS);
    }

    @Override
    public void check(Set<String> listed) {
        FolderContents.check(path, listed);
    }

    @Override
    public void checkSize(BundleFile expected) {
        try {
            FileCheck.checkExactSize(expected, Files.size(path.resolve(expected.path())));
        } catch (IOException e) {
            throw FileCheck.unreadable(expected, e);
        }
    }

    @Override
    public Optional<Path> storedIn(String file) {
        return Optional.of(path.resolve(file));
    }

    @Override
    public String identity() {
        return path.toString();
    }

    @Override
    public Optional<Path> folder() {
        return Optional.of(path);
    }
}
