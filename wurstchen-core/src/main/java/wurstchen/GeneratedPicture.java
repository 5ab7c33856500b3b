package wurstchen;

import static com.google.common.base.Preconditions.checkNotNull;

import com.google.common.base.Ascii;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import wurstchen.image.Picture;
import wurstchen.image.Png;
import wurstchen.text.VisibleText;

/**
 * A picture and how it was made. Immutable. Two are equal if their pixels and their settings are, whatever device made them.
 *
 * {@snippet class="wurstchen.snippets.RequestSnippetsTest" region="png"}
 */
public final class GeneratedPicture {
    /** Characters of a message about the text of a file. */
    private static final int MOST_SHOWN = 500;

    private final Picture picture;
    private final PictureMetadata metadata;

    GeneratedPicture(Picture picture, PictureMetadata metadata) {
        this.picture = checkNotNull(picture, "picture");
        this.metadata = checkNotNull(metadata, "metadata");
    }

    /**
     * Reads a picture that {@link #writePng} or {@link #toPng} wrote, with its settings.
     *
     * @param in a PNG file; read to its end, not closed
     * @return the same picture
     * @throws WurstchenException if it cannot be read, is no PNG file, or has no settings in it; {@link Png#read} reads any PNG file
     */
    public static GeneratedPicture readPng(InputStream in) {
        Png png = Png.read(in);
        try {
            return new GeneratedPicture(png.picture(), PictureMetadata.fromText(png.text()));
        } catch (IllegalArgumentException e) {
            throw new WurstchenException("this PNG was not written by wurstchen: " + shown(e.getMessage()), e);
        }
    }

    /** What others wrote into the file is shown in part, and does not reach a terminal as it is. */
    private static String shown(@Nullable String message) {
        return VisibleText.of(Ascii.truncate(String.valueOf(message), MOST_SHOWN, "..."));
    }

    /**
     * Returns the picture.
     *
     * @return the pixels
     */
    public Picture picture() {
        return picture;
    }

    /**
     * Returns how the picture was made.
     *
     * @return everything that made it, its own seed included
     */
    public PictureSettings settings() {
        return metadata.settings();
    }

    /**
     * Returns how the picture was made, and by what: what its PNG file carries. A file without any is written by
     * {@code new Png(picture(), Map.of())}.
     *
     * @return the settings, the model, the device and the library
     */
    public PictureMetadata metadata() {
        return metadata;
    }

    /**
     * Writes a PNG file that carries its metadata as text. The file appears whole or not at all, and replaces one that is there.
     *
     * @param file where to; its folder must exist
     * @throws WurstchenException if it cannot be written
     */
    public void writePng(Path file) {
        png().write(file);
    }

    /**
     * Writes the bytes of a PNG file that carries its metadata as text, for instance to an HTTP response.
     *
     * @param out where to; flushed, not closed
     * @throws WurstchenException if it cannot be written
     */
    public void writePng(OutputStream out) {
        png().write(out);
    }

    /**
     * Returns the bytes of a PNG file that carries its metadata as text.
     *
     * @return a new array
     */
    public byte[] toPng() {
        return png().toBytes();
    }

    private Png png() {
        return new Png(picture, metadata.toText());
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof GeneratedPicture that && picture.equals(that.picture) && settings().equals(that.settings());
    }

    @Override
    public int hashCode() {
        return 31 * picture.hashCode() + settings().hashCode();
    }

    @Override
    public String toString() {
        return "GeneratedPicture[" + picture + ", " + metadata + "]";
    }
}
