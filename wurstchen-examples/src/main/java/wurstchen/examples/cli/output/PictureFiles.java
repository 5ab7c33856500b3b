package wurstchen.examples.cli.output;

import java.nio.file.Path;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import wurstchen.GeneratedPicture;
import wurstchen.PictureMetadata;
import wurstchen.WurstchenException;

/** Where the pictures of a run go. Close it to give back names that got no picture. */
public interface PictureFiles extends AutoCloseable {
    /**
     * Returns one file for one picture, a.png; a-0.png, a-1.png, ... for several. A file that is there at the start is replaced.
     *
     * @param out the name that the user gave
     * @param pictures how many pictures
     * @param format how they are encoded
     */
    static PictureFiles named(Path out, int pictures, PictureFormat format) {
        return new NamedFiles(out, pictures, format);
    }

    /**
     * Returns wurstchen-0001.png or the next names that are free.
     *
     * @param folder where to
     * @param format how they are encoded
     */
    static PictureFiles nextFree(Path folder, PictureFormat format) {
        return new NextFreeFiles(folder, format);
    }

    /**
     * Returns standard output, for one picture.
     *
     * @param format how it is encoded
     */
    static PictureFiles standardOutput(PictureFormat format) {
        return new StandardOutput(format);
    }

    /** Returns no files, for a run that makes no pictures. */
    static PictureFiles none() {
        return new NoFiles();
    }

    /**
     * Finds out whether files can be written, before anything is computed for them, and claims the first name.
     *
     * @throws WurstchenException if the folder is missing or not writable, or a name cannot be used
     */
    void check();

    /**
     * Writes the next picture, whole or not at all.
     *
     * @return its file
     * @throws WurstchenException if it cannot be written
     */
    Path write(GeneratedPicture picture);

    /**
     * Returns a consumer that writes each picture as soon as it is finished: what is written before a failure stays.
     *
     * @param written hears of each file
     * @return for the pictures of one request, in their order; throws a WurstchenException if one cannot be written
     */
    default Consumer<GeneratedPicture> writer(BiConsumer<Path, PictureMetadata> written) {
        return picture -> written.accept(write(picture), picture.metadata());
    }

    @Override
    void close();
}
