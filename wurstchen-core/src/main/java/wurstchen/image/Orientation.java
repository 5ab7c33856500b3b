package wurstchen.image;

import java.io.IOException;
import org.apache.commons.imaging.Imaging;
import org.apache.commons.imaging.common.ImageMetadata;
import org.apache.commons.imaging.formats.jpeg.JpegImageMetadata;
import org.apache.commons.imaging.formats.tiff.TiffField;
import org.apache.commons.imaging.formats.tiff.TiffImageMetadata;
import org.apache.commons.imaging.formats.tiff.constants.TiffTagConstants;

/**
 * How a camera was held: EXIF's tag 274 of JPEG and TIFF files.
 *
 * @param tag 1 (upright) to 8
 */
record Orientation(int tag) {
    private static final int CHANNELS = 3;
    private static final Orientation UPRIGHT = new Orientation(1);

    /** Returns the orientation that a file states, upright if it states none or an unknown one. Damaged metadata does not spoil a picture. */
    static Orientation of(byte[] file) {
        try {
            ImageMetadata metadata = Imaging.getMetadata(file);
            TiffImageMetadata exif = metadata instanceof JpegImageMetadata jpeg
                    ? jpeg.getExif()
                    : metadata instanceof TiffImageMetadata tiff ? tiff : null;
            TiffField field = exif == null ? null : exif.findField(TiffTagConstants.TIFF_TAG_ORIENTATION);
            int tag = field == null ? UPRIGHT.tag : field.getIntValue();
            return tag >= 1 && tag <= 8 ? new Orientation(tag) : UPRIGHT;
        } catch (IOException | RuntimeException e) {
            return UPRIGHT;
        }
    }

    /** Turns the stored picture upright. */
    Picture apply(Picture stored) {
        if (tag == UPRIGHT.tag) {
            return stored;
        }
        boolean swapped = tag >= 5;
        int width = swapped ? stored.height() : stored.width();
        int height = swapped ? stored.width() : stored.height();
        byte[] from = stored.toBytes();
        byte[] to = new byte[from.length];
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                int source = source(x, y, stored.width(), stored.height());
                System.arraycopy(from, CHANNELS * source, to, CHANNELS * (y * width + x), CHANNELS);
            }
        }
        return Picture.owning(width, height, to);
    }

    /** Returns which stored pixel is seen at a place of the upright picture. */
    private int source(int x, int y, int width, int height) {
        boolean swapped = tag >= 5;
        int column = swapped ? y : x;
        int row = swapped ? x : y;
        boolean fromRight = tag == 2 || tag == 3 || tag == 7 || tag == 8;
        boolean fromBottom = tag == 3 || tag == 4 || tag == 6 || tag == 7;
        return (fromBottom ? height - 1 - row : row) * width + (fromRight ? width - 1 - column : column);
    }
}
