package wurstchen.onnx.internal.bundle;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import java.util.Set;
import wurstchen.onnx.Manifest.BundleFile;

/** Files in a folder, of the disk or of another file system. Links are not followed. */
record FolderFiles(Path path) implements BundleFiles {
    @Override
    public InputStream open(String file) throws IOException {
        Path opened = path.resolve(file);
        if (isOnDisk()) {
            return Files.newInputStream(opened, StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS);
        }
        // A file system of Java's need not know the option.
        if (Files.isSymbolicLink(opened)) {
            throw new IOException("it is a symbolic link");
        }
        return Files.newInputStream(opened);
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
        return isOnDisk() ? path.toString() : path.toUri().toString();
    }

    @Override
    public Optional<Path> folder() {
        return isOnDisk() ? Optional.of(path) : Optional.empty();
    }

    /** ONNX Runtime would look for a path of another file system on the disk. */
    private boolean isOnDisk() {
        return path.getFileSystem().equals(FileSystems.getDefault());
    }
}
