package wurstchen.text;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Optional;

/** Where a tokenizer's files are read from: a folder, resources of the class path, anything that has bytes by name. */
@FunctionalInterface
public interface TokenizerFiles {
    /** The largest file that is accepted, in bytes: CLIP's largest has 3.6 MB. */
    int MAX_BYTES = 32 << 20;

    /**
     * Reads one file.
     *
     * @param name a plain name such as {@code vocab.json}
     * @return its content, or empty if there is no such file; one of more than {@link #MAX_BYTES} is refused, so that the rest of it need
     *     not be read
     * @throws IOException if the file is there but cannot be read
     */
    Optional<byte[]> read(String name) throws IOException;

    /**
     * Reads from a folder.
     *
     * @param folder a folder; a name that it does not hold is empty, also if the folder itself is missing
     * @return the files of the folder, read when asked for
     */
    static TokenizerFiles in(Path folder) {
        return name -> {
            try (InputStream in = Files.newInputStream(folder.resolve(name))) {
                return Optional.of(in.readNBytes(MAX_BYTES + 1));
            } catch (NoSuchFileException e) {
                return Optional.empty();
            }
        };
    }
}
