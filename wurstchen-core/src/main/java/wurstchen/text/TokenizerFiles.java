package wurstchen.text;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Optional;

/** Where a tokenizer's files are read from: a folder, resources of the class path, anything that has bytes by name. */
@FunctionalInterface
public interface TokenizerFiles {
    /**
     * Reads one file.
     *
     * @param name a plain name such as {@code vocab.json}
     * @return its content, or empty if there is no such file
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
            try {
                return Optional.of(Files.readAllBytes(folder.resolve(name)));
            } catch (NoSuchFileException e) {
                return Optional.empty();
            }
        };
    }
}
