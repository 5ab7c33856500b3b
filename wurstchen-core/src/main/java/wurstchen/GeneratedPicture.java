package wurstchen;

import java.nio.file.Path;
import wurstchen.image.Picture;
import wurstchen.image.PngFile;

/**
 * A picture and how it was made.
 *
 * @param picture the pixels
 * @param settings everything that made it, its own seed included
 */
public record GeneratedPicture(Picture picture, PictureSettings settings) {
    /**
     * Writes a PNG file that carries the settings as text. The file appears whole or not at all, and replaces one that is there.
     *
     * @param file where to; its folder must exist
     * @throws WurstchenException if it cannot be written
     */
    public void writePng(Path file) {
        PngFile.write(file, picture, settings.toText());
    }
}
