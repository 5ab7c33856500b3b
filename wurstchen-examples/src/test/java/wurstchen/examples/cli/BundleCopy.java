package wurstchen.examples.cli;

import com.google.common.hash.Hashing;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** Copies of a bundle, to be damaged. */
public final class BundleCopy {
    private BundleCopy() {}

    public static void of(Path bundle, Path folder) throws IOException {
        List<Path> sources;
        try (Stream<Path> walk = Files.walk(bundle)) {
            sources = walk.toList();
        }
        for (Path source : sources) {
            Path target = folder.resolve(bundle.relativize(source).toString());
            if (Files.isDirectory(source)) {
                Files.createDirectories(target);
            } else {
                Files.copy(source, target);
            }
        }
    }

    /**
     * Changes one bit of a file.
     *
     * @return what verifying the bundle must say
     */
    public static String alter(Path bundle, String name) throws IOException {
        Path file = bundle.resolve(name);
        byte[] bytes = Files.readAllBytes(file);
        String before = Hashing.sha256().hashBytes(bytes).toString();
        bytes[bytes.length - 1] ^= 1;
        Files.write(file, bytes);
        return name + ": expected SHA-256 " + before + ", found " + Hashing.sha256().hashBytes(bytes)
                + ": the file was altered or the download broke; export or download the bundle again";
    }
}
