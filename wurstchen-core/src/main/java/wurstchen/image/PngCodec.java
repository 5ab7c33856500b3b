package wurstchen.image;

import java.awt.Dimension;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.commons.imaging.bytesource.ByteSource;
import org.apache.commons.imaging.common.GenericImageMetadata.GenericImageMetadataItem;
import org.apache.commons.imaging.common.ImageMetadata;
import org.apache.commons.imaging.formats.png.AbstractPngText;
import org.apache.commons.imaging.formats.png.PngImageParser;
import org.apache.commons.imaging.formats.png.PngImagingParameters;

/** PNG files to and from bytes, with Apache Commons Imaging. */
final class PngCodec {
    /** The most pixels that are read: a small file can unpack to gigabytes. Four times the largest picture that a model makes. */
    private static final long MAX_PIXELS = 1L << 26;

    private PngCodec() {}

    static byte[] encode(Png png) throws IOException {
        List<AbstractPngText> chunks = new ArrayList<>();
        png.text().forEach((keyword, value) -> chunks.add(new AbstractPngText.Itxt(keyword, value, "", "")));
        PngImagingParameters parameters = new PngImagingParameters();
        parameters.setTextChunks(chunks);
        parameters.setForceTrueColor(true);
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        new PngImageParser().writeImage(png.picture().toImage(), bytes, parameters);
        return bytes.toByteArray();
    }

    /**
     * Reads what anybody may have written.
     *
     * @throws IOException if it is no PNG file, is damaged, or is too large
     */
    static Png decode(byte[] bytes) throws IOException {
        PngImageParser parser = new PngImageParser();
        PngImagingParameters parameters = new PngImagingParameters();
        PngChunks.check(bytes);
        try {
            Dimension size = parser.getImageSize(ByteSource.array(bytes), parameters);
            if ((long) size.width * size.height > MAX_PIXELS) {
                throw new IOException("a picture of " + size.width + " x " + size.height + " px, at most " + MAX_PIXELS + " pixels are read");
            }
            Picture picture = Picture.fromImage(parser.getBufferedImage(ByteSource.array(bytes), parameters));
            return new Png(picture, text(parser.getMetadata(ByteSource.array(bytes), parameters)));
        } catch (RuntimeException e) {
            throw new IOException("a damaged PNG: " + e, e);
        }
    }

    /**
     * Reads the text alone.
     *
     * @throws IOException if it is no PNG, or a damaged one, or its text unpacks to too much
     */
    static Map<String, String> decodeText(byte[] bytes) throws IOException {
        PngChunks.check(bytes);
        try {
            return text(new PngImageParser().getMetadata(ByteSource.array(bytes), new PngImagingParameters()));
        } catch (RuntimeException e) {
            throw new IOException("a damaged PNG: " + e, e);
        }
    }

    private static Map<String, String> text(ImageMetadata metadata) {
        Map<String, String> text = new LinkedHashMap<>();
        if (metadata != null) {
            for (ImageMetadata.ImageMetadataItem item : metadata.getItems()) {
                if (item instanceof GenericImageMetadataItem entry) {
                    text.put(entry.getKeyword(), entry.getText());
                }
            }
        }
        return text;
    }
}
