package wurstchen.examples.cli.output;

import com.google.common.io.MoreFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import wurstchen.GeneratedPicture;
import wurstchen.PictureSettings;
import wurstchen.WurstchenException;

/** Where the pictures of a run go. */
public interface PictureFiles {
    /**
     * Names the file of a picture.
     *
     * @param picture 0 to the number of pictures - 1
     * @return its file
     */
    Path file(int picture);

    /** The folder of all of them. */
    Path folder();

    /**
     * Returns how many names to check ahead.
     *
     * @return 1 to the number of pictures
     */
    int known();

    /**
     * Finds out whether files can be written, before anything is computed for them.
     *
     * @throws WurstchenException if the folder is missing or not writable, or a name is taken by a folder
     */
    default void check() {
        Path first = file(0);
        if (!Files.isDirectory(folder())) {
            throw new WurstchenException(
                    "cannot write " + first + ": " + folder() + " is not a folder; create it, or name one that exists");
        }
        for (int picture = 0; picture < known(); picture++) {
            if (Files.isDirectory(file(picture))) {
                throw new WurstchenException("cannot write " + file(picture) + ": it is a folder; give another name");
            }
        }
        try {
            Files.delete(Files.createTempFile(folder(), ".wurstchen", ".part"));
        } catch (IOException e) {
            throw new WurstchenException(
                    "cannot write " + first + ": " + folder() + " is not writable; change its rights, or name another folder", e);
        }
    }

    /**
     * Returns a consumer that writes each picture as soon as it is finished, whole or not at all: what is written before a failure stays.
     *
     * @param written hears of each file
     * @return for the pictures of one request, in their order; throws a WurstchenException if one cannot be written
     */
    default Consumer<GeneratedPicture> writer(BiConsumer<Path, PictureSettings> written) {
        AtomicInteger next = new AtomicInteger();
        return picture -> {
            Path file = file(next.getAndIncrement());
            picture.writePng(file);
            written.accept(file, picture.settings());
        };
    }

    /**
     * One file for one picture, a.png; a-0.png, a-1.png, ... for several. A file that is there is replaced.
     *
     * @param out the name that the user gave
     * @param pictures how many pictures
     */
    record Named(Path out, int pictures) implements PictureFiles {
        private static final String EXTENSION = ".png";

        /**
         * Checks the name.
         *
         * @throws IllegalArgumentException if it does not end in .png
         */
        public Named {
            Path name = out.getFileName();
            if (name == null || !name.toString().toLowerCase(Locale.ROOT).endsWith(EXTENSION)) {
                throw new IllegalArgumentException("only PNG files are written: the name must end in .png, got " + out);
            }
        }

        @Override
        public Path file(int picture) {
            if (pictures == 1) {
                return out;
            }
            String extension = MoreFiles.getFileExtension(out);
            return out.resolveSibling(MoreFiles.getNameWithoutExtension(out) + "-" + picture + "." + extension);
        }

        @Override
        public int known() {
            return pictures;
        }

        @Override
        public Path folder() {
            return out.toAbsolutePath().getParent();
        }
    }

    /**
     * wurstchen-0001.png or the next name that is free when the picture is there.
     *
     * @param folder where to
     */
    record NextFree(Path folder) implements PictureFiles {
        @Override
        public int known() {
            return 1;
        }

        @Override
        public Path file(int picture) {
            for (int number = 1; ; number++) {
                Path file = folder.resolve(String.format(Locale.ROOT, "wurstchen-%04d.png", number));
                if (Files.notExists(file)) {
                    return file;
                }
            }
        }
    }
}
