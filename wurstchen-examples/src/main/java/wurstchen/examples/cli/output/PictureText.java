package wurstchen.examples.cli.output;

import java.io.IOException;
import java.nio.file.Files;
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
        try {
            return PictureFormat.isJpeg(file) ? fromJpeg(file) : PictureMetadata.fromText(Png.read(file).text());
        } catch (IllegalArgumentException e) {
            throw new WurstchenException(file + " does not say how it was made by wurstchen: " + e.getMessage(), e);
        } catch (IOException e) {
            throw new WurstchenException("cannot read " + file + ": " + e, e);
        }
    }

    private static PictureMetadata fromJpeg(Path file) throws IOException {
        String comment = JpegFile.comment(Files.readAllBytes(file))
                .orElseThrow(() -> new IllegalArgumentException("it is no JPEG file with a comment"));
        return PictureMetadata.fromJson(comment);
    }
}
