package wurstchen.image;

import java.awt.image.BufferedImage;

/** Images of any kind as 8-bit RGB, transparent parts over a colour. */
final class Flattening {
    private static final int CHANNELS = 3;
    private static final int OPAQUE = 0xff;

    private Flattening() {}

    static Picture onColour(BufferedImage image, int background) {
        int width = image.getWidth();
        int height = image.getHeight();
        byte[] rgb = new byte[CHANNELS * width * height];
        int[] line = new int[width];
        for (int y = 0; y < height; y++) {
            readLine(image, y, line);
            for (int x = 0; x < width; x++) {
                put(line[x], background, rgb, CHANNELS * (y * width + x));
            }
        }
        return Picture.owning(width, height, rgb);
    }

    /** Reads 0xAARRGGBB. Java takes 8-bit grey for linear light and brightens it: its values are those of the file here. */
    private static void readLine(BufferedImage image, int y, int[] line) {
        if (image.getType() == BufferedImage.TYPE_BYTE_GRAY) {
            image.getRaster().getSamples(0, y, line.length, 1, 0, line);
            for (int x = 0; x < line.length; x++) {
                line[x] = OPAQUE << 24 | line[x] * 0x010101;
            }
        } else {
            image.getRGB(0, y, line.length, 1, line, 0, line.length);
        }
    }

    private static void put(int argb, int background, byte[] rgb, int to) {
        int alpha = argb >>> 24;
        for (int channel = 0; channel < CHANNELS; channel++) {
            int shift = 8 * (CHANNELS - 1 - channel);
            int over = argb >> shift & 0xff;
            int under = background >> shift & 0xff;
            rgb[to + channel] = (byte) ((over * alpha + under * (OPAQUE - alpha) + OPAQUE / 2) / OPAQUE);
        }
    }
}
