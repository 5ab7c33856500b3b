package wurstchen.examples.cli.output;

import java.nio.file.Path;
import wurstchen.PictureMetadata;
import wurstchen.WurstchenException;
import wurstchen.image.Png;

/** What a picture's file says of how it was made. */
public final class PictureText {
    private PictureText() {}

    /**
     * Reads it.
     *
     * @throws WurstchenException if the file cannot be read, or does not say
     */
    public static PictureMetadata read(Path file) {
        Png png = Png.read(file);
        try {
            return PictureMetadata.fromText(png.text());
        } catch (IllegalArgumentException e) {
            throw new WurstchenException(file + " does not say how it was made by wurstchen: " + e.getMessage(), e);
        }
    }
}
