package wurstchen.image;

import static com.google.common.base.Preconditions.checkArgument;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import wurstchen.WurstchenException;

/**
 * Reads pictures that anybody may have made: PNG, JPEG (baseline and progressive), GIF (its first picture), BMP, TIFF and PNM. The size is
 * read from the file's header and checked before memory is taken for the pixels; the orientation that a camera wrote (EXIF) is followed;
 * transparent parts are put over a colour. Immutable.
 *
 * {@snippet class="wurstchen.snippets.PictureSnippetsTest" region="reader"}
 */
public final class PictureReader {
    /** The largest file that is read unless another limit is set, in bytes. */
    public static final int DEFAULT_MAX_BYTES = 64 << 20;

    /** The most pixels that are read unless another limit is set: four times the largest picture that a model makes. */
    public static final long DEFAULT_MAX_PIXELS = 1L << 26;

    private static final int WHITE = 0xffffff;

    private final int background;
    private final int maxBytes;
    private final long maxPixels;

    private PictureReader(int background, int maxBytes, long maxPixels) {
        this.background = background;
        this.maxBytes = maxBytes;
        this.maxPixels = maxPixels;
    }

    /**
     * Returns a reader with the default limits that puts transparent parts over white.
     *
     * @return a reader
     */
    public static PictureReader create() {
        return new PictureReader(WHITE, DEFAULT_MAX_BYTES, DEFAULT_MAX_PIXELS);
    }

    /**
     * Sets the colour behind transparent parts.
     *
     * @param colour 0xRRGGBB
     * @return a reader that differs in this
     * @throws IllegalArgumentException if it is no colour
     */
    public PictureReader background(int colour) {
        Resizing.checkColour("background", colour);
        return new PictureReader(colour, maxBytes, maxPixels);
    }

    /**
     * Limits the size of files.
     *
     * @param bytes at least 1
     * @return a reader that differs in this
     * @throws IllegalArgumentException if it is below 1
     */
    public PictureReader maxBytes(int bytes) {
        checkArgument(bytes >= 1, "the largest file must have at least 1 byte, got %s", bytes);
        return new PictureReader(background, bytes, maxPixels);
    }

    /**
     * Limits the size of pictures.
     *
     * @param pixels width times height, 1 to 2^29
     * @return a reader that differs in this
     * @throws IllegalArgumentException if it is out of range
     */
    public PictureReader maxPixels(long pixels) {
        checkArgument(pixels >= 1 && pixels <= 1L << 29, "the largest picture must have 1 to 2^29 pixels, got %s", pixels);
        return new PictureReader(background, maxBytes, pixels);
    }

    /**
     * Reads a file.
     *
     * @param file a picture of one of the formats above, whatever its name ends with
     * @return the picture
     * @throws WurstchenException if it cannot be read, is too large, or is no such picture
     */
    public Picture read(Path file) {
        try (InputStream in = Files.newInputStream(file)) {
            return decode(in);
        } catch (IOException e) {
            throw new WurstchenException("cannot read " + file + ": " + Png.describe(e), e);
        }
    }

    /**
     * Reads a picture from a stream.
     *
     * @param in read to the picture's end or the limit, not closed
     * @return the picture
     * @throws WurstchenException as for a file
     */
    public Picture read(InputStream in) {
        try {
            return decode(in);
        } catch (IOException e) {
            throw new WurstchenException("cannot read the picture: " + Png.describe(e), e);
        }
    }

    private Picture decode(InputStream in) throws IOException {
        byte[] bytes = in.readNBytes(maxBytes);
        if (bytes.length == maxBytes && in.read() >= 0) {
            throw new IOException("more than " + maxBytes + " bytes, the limit that is set");
        }
        return PictureDecoder.decode(bytes, maxPixels, background);
    }
}
