package wurstchen.examples.cli.output;

import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import wurstchen.GeneratedPicture;
import wurstchen.PictureMetadata;
import wurstchen.image.Png;

/**
 * How pictures become files.
 *
 * @param metadata whether a file says how it was made
 * @param jpegQuality 1 to 100; empty for PNG
 */
public record PictureFormat(boolean metadata, Optional<Integer> jpegQuality) {
    /** The quality of JPEG files unless it is given. */
    public static final int USUAL_QUALITY = 90;

    /** A PNG file that says how it was made. */
    public static final PictureFormat PNG = new PictureFormat(true, Optional.empty());

    /**
     * Returns the format of a file.
     *
     * @param quality of JPEG; null if it was not given
     * @throws IllegalArgumentException if the name has another extension, or the quality is none
     */
    public static PictureFormat of(Path file, boolean metadata, Integer quality) {
        boolean jpeg = isJpeg(file);
        if (!jpeg && !lowerCase(file).endsWith(".png")) {
            throw new IllegalArgumentException("--out: PNG and JPEG files are written: the name must end in .png or .jpg, got " + file);
        }
        if (quality != null && !jpeg) {
            throw new IllegalArgumentException("--quality: it is JPEG's: give --out a name that ends in .jpg, or leave it out");
        }
        if (quality != null && (quality < 1 || quality > 100)) {
            throw new IllegalArgumentException("--quality: must be 1 to 100, got " + quality);
        }
        return new PictureFormat(metadata, jpeg ? Optional.of(quality == null ? USUAL_QUALITY : quality) : Optional.empty());
    }

    static boolean isJpeg(Path file) {
        return lowerCase(file).endsWith(".jpg") || lowerCase(file).endsWith(".jpeg");
    }

    private static String lowerCase(Path file) {
        return file.toString().toLowerCase(Locale.ROOT);
    }

    /** Returns the bytes of a file. */
    public byte[] encode(GeneratedPicture picture) {
        Optional<PictureMetadata> said = metadata ? Optional.of(picture.metadata()) : Optional.empty();
        return jpegQuality
                .map(quality -> JpegFile.encode(picture.picture(), quality, said.map(PictureMetadata::toJson)))
                .orElseGet(() -> new Png(picture.picture(), said.map(PictureMetadata::toText).orElse(Map.of())).toBytes());
    }
}
