package wurstchen.studio.gallery;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import wurstchen.image.Picture;
import wurstchen.image.PictureReader;
import wurstchen.image.Png;

/**
 * Pictures and masks that requests began with, under the SHA-256 that the metadata of what was made from them has: so that it can be made
 * again. Thread-safe.
 */
public final class Inputs {
    private static final Pattern SHA256 = Pattern.compile("[0-9a-f]{64}");
    private static final String ENDING = ".png";

    /** Younger files may belong to a picture that is being drawn. */
    private static final Duration UNUSED_FOR = Duration.ofDays(1);

    private final Path folder;

    Inputs(Path folder) {
        this.folder = folder;
    }

    /**
     * Keeps a picture.
     *
     * @param picture what a request begins with
     * @throws wurstchen.WurstchenException if it cannot be written
     */
    public void add(Picture picture) {
        Path file = file(picture.sha256());
        if (!Files.exists(file)) {
            new Png(picture, Map.of()).write(file);
        }
    }

    /**
     * Reads a picture.
     *
     * @param sha256 its hash; anything else finds nothing
     * @return the picture, if it was kept
     * @throws wurstchen.WurstchenException if it cannot be read
     */
    public Optional<Picture> find(String sha256) {
        if (!SHA256.matcher(sha256).matches() || !Files.isRegularFile(file(sha256))) {
            return Optional.empty();
        }
        return Optional.of(PictureReader.create().read(file(sha256)));
    }

    /** Deletes what no picture was made from. */
    void keepOnly(Set<String> used) throws IOException {
        Instant old = Instant.now().minus(UNUSED_FOR);
        try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, "*" + ENDING)) {
            for (Path file : files) {
                String hash = file.getFileName().toString().replace(ENDING, "");
                if (SHA256.matcher(hash).matches() && !used.contains(hash)
                        && Files.getLastModifiedTime(file).toInstant().isBefore(old)) {
                    Files.deleteIfExists(file);
                }
            }
        }
    }

    private Path file(String sha256) {
        return folder.resolve(sha256 + ENDING);
    }
}
