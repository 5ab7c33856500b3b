package wurstchen.onnx.internal.bundle;

import com.google.common.collect.ImmutableSet;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.HashSet;
import java.util.Set;
import wurstchen.onnx.Manifest;
import wurstchen.onnx.ModelBundleException;
import wurstchen.onnx.internal.common.OneLine;

/** Compares the contents of a folder with a manifest. Links are not followed: a link anywhere inside is rejected, wherever it leads. */
final class FolderContents extends SimpleFileVisitor<Path> {
    private final Path folder;
    private final Set<String> listed;
    private final Set<String> parents;
    private final Set<String> found = new HashSet<>();

    private FolderContents(Path folder, Set<String> listed) {
        this.folder = folder;
        this.listed = listed;
        this.parents = parents(listed);
    }

    /**
     * Checks that the folder contains the manifest, the listed files, and nothing else.
     *
     * @throws ModelBundleException naming the first file that is missing, not listed, or not a regular file
     */
    static void check(Path folder, Set<String> listed) {
        FolderContents contents = new FolderContents(folder, listed);
        try {
            Files.walkFileTree(folder, contents);
        } catch (IOException e) {
            throw new ModelBundleException("model folder " + folder + " cannot be read: " + OneLine.of(e.toString()), e);
        }
        for (String path : listed) {
            if (!contents.found.contains(path)) {
                throw new ModelBundleException(path + ": " + Manifest.FILE_NAME + " lists this file, the folder " + folder
                        + " does not hold it; " + FileCheck.FETCH_AGAIN);
            }
        }
    }

    @Override
    public FileVisitResult preVisitDirectory(Path directory, BasicFileAttributes attributes) {
        String path = relative(directory);
        if (!path.isEmpty() && !parents.contains(path)) {
            throw notListed(path + "/");
        }
        return FileVisitResult.CONTINUE;
    }

    @Override
    public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
        String path = relative(file);
        if (attributes.isSymbolicLink()) {
            throw isLink(path);
        }
        if (!attributes.isRegularFile()) {
            throw new ModelBundleException(OneLine.of(path) + ": is neither a file nor a folder, a bundle holds plain files only; remove it");
        }
        if (!path.equals(Manifest.FILE_NAME) && !listed.contains(path)) {
            throw notListed(path);
        }
        found.add(path);
        return FileVisitResult.CONTINUE;
    }

    static ModelBundleException isLink(String path) {
        return new ModelBundleException(
                OneLine.of(path) + ": is a symbolic link, a bundle holds plain files only; put the file itself into the folder");
    }

    private static ModelBundleException notListed(String path) {
        return new ModelBundleException(OneLine.of(path) + ": lies in the model folder, but " + Manifest.FILE_NAME
                + " does not list it; remove it, or export the bundle again");
    }

    private String relative(Path path) {
        return folder.relativize(path).toString().replace(path.getFileSystem().getSeparator(), "/");
    }

    private static Set<String> parents(Set<String> paths) {
        ImmutableSet.Builder<String> parents = ImmutableSet.builder();
        for (String path : paths) {
            for (int slash = path.indexOf('/'); slash >= 0; slash = path.indexOf('/', slash + 1)) {
                parents.add(path.substring(0, slash));
            }
        }
        return parents.build();
    }
}
