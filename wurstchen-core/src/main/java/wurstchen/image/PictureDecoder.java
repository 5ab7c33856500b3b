package wurstchen.image;

import java.awt.Dimension;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import javax.imageio.ImageIO;
import org.apache.commons.imaging.ImageFormat;
import org.apache.commons.imaging.ImageFormats;
import org.apache.commons.imaging.Imaging;
import org.apache.commons.imaging.common.RgbBufferedImageFactory;
import org.apache.commons.imaging.formats.png.PngImageParser;
import org.apache.commons.imaging.formats.png.PngImagingParameters;
import org.apache.commons.imaging.ImageInfo;

/** Pictures from bytes: the header first, then the pixels. */
final class PictureDecoder {
    /** The formats that are read, and what they are called. Others of Commons Imaging are rare, or are not read well by it. */
    private static final Map<ImageFormat, String> FORMATS = Map.of(
            ImageFormats.PNG, "PNG",
            ImageFormats.JPEG, "JPEG",
            ImageFormats.GIF, "GIF",
            ImageFormats.BMP, "BMP",
            ImageFormats.TIFF, "TIFF",
            ImageFormats.PAM, "PAM",
            ImageFormats.PBM, "PBM",
            ImageFormats.PGM, "PGM",
            ImageFormats.PPM, "PPM");

    private PictureDecoder() {}

    /**
     * Reads what anybody may have written.
     *
     * @throws IOException if it is no picture of these formats, is damaged, or is too large
     */
    static Picture decode(byte[] bytes, long maxPixels, int background) throws IOException {
        PngChunks.check(bytes);
        try {
            ImageFormat format = Imaging.guessFormat(bytes);
            if (!FORMATS.containsKey(format)) {
                throw new IOException("not a picture that can be read (" + format.getName().toLowerCase(Locale.ROOT)
                        + "): give one of " + FORMATS.values().stream().sorted().collect(Collectors.joining(", ")));
            }
            checkSize(Imaging.getImageSize(bytes), maxPixels);
            return Orientation.of(bytes).apply(Flattening.onColour(image(format, bytes), background));
        } catch (RuntimeException e) {
            throw new IOException("a damaged picture: " + e, e);
        }
    }

    private static void checkSize(Dimension size, long maxPixels) throws IOException {
        if (size.width < 1 || size.height < 1 || (long) size.width * size.height > maxPixels) {
            throw new IOException(
                    "a picture of " + size.width + " x " + size.height + " px, at most " + maxPixels + " pixels are read");
        }
    }

    /** Java takes 8-bit grey for linear light, so writing a file's values into an image of greys would darken them. */
    private static PngImagingParameters ofColours(PngImagingParameters parameters) {
        parameters.setBufferedImageFactory(new RgbBufferedImageFactory());
        return parameters;
    }

    /** Commons Imaging reads baseline JPEG only; the JDK reads progressive ones too, and smooths their colours. */
    private static BufferedImage image(ImageFormat format, byte[] bytes) throws IOException {
        if (format == ImageFormats.PNG) {
            return new PngImageParser().getBufferedImage(bytes, ofColours(new PngImagingParameters()));
        }
        if (format != ImageFormats.JPEG) {
            return Imaging.getBufferedImage(bytes);
        }
        ImageInfo.ColorType colours = Imaging.getImageInfo(bytes).getColorType();
        if (colours == ImageInfo.ColorType.CMYK || colours == ImageInfo.ColorType.YCCK) {
            throw new IOException("a JPEG of printing colours (" + colours + "): convert it to RGB");
        }
        BufferedImage image = ImageIO.read(new ByteArrayInputStream(bytes));
        if (image == null) {
            throw new IOException("a JPEG that cannot be read: convert it to PNG");
        }
        return image;
    }
}
