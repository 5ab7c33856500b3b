package wurstchen.image;

import static com.google.common.base.Preconditions.checkArgument;

import wurstchen.internal.BilinearResize;
import wurstchen.stage.Pixels;

/** Brings pictures to a size: the part that is wanted of the picture, resized, on a background. */
final class Resizing {
    private static final int CHANNELS = 3;

    private Resizing() {}

    static Picture resized(Picture picture, int width, int height, Fit fit, int background) {
        checkArgument(width >= 1 && height >= 1, "a picture's sides must be at least 1 px, got %s x %s", width, height);
        checkColour("background", background);
        if (picture.width() == width && picture.height() == height) {
            return picture;
        }
        return switch (fit) {
            case STRETCH -> stretched(picture, width, height);
            case CROP -> cropped(picture, width, height);
            case PAD -> padded(picture, width, height, background);
        };
    }

    static void checkColour(String name, int colour) {
        checkArgument((colour & 0xff000000) == 0, "%s must be a colour 0xRRGGBB, got 0x%s", name, Integer.toHexString(colour));
    }

    private static Picture stretched(Picture picture, int width, int height) {
        Pixels pixels = BilinearResize.resize(picture.toPixels(), height, width);
        return Picture.fromPixels(pixels).get(0);
    }

    private static Picture cropped(Picture picture, int width, int height) {
        boolean wide = (long) picture.width() * height > (long) picture.height() * width;
        int partWidth = wide ? side(picture.height(), width, height) : picture.width();
        int partHeight = wide ? picture.height() : side(picture.width(), height, width);
        Picture part = onCanvas(picture, partWidth, partHeight, 0);
        return stretched(part, width, height);
    }

    private static Picture padded(Picture picture, int width, int height, int background) {
        boolean wide = (long) picture.width() * height > (long) picture.height() * width;
        Picture whole = wide
                ? stretched(picture, width, side(width, picture.height(), picture.width()))
                : stretched(picture, side(height, picture.width(), picture.height()), height);
        return onCanvas(whole, width, height, background);
    }

    /** {@code side * numerator / denominator}, rounded, at least 1. */
    private static int side(int side, int numerator, int denominator) {
        return Math.max(1, (int) Math.round((double) side * numerator / denominator));
    }

    /** Puts the picture's middle into the canvas' middle. */
    private static Picture onCanvas(Picture picture, int width, int height, int background) {
        byte[] from = picture.toBytes();
        byte[] to = new byte[CHANNELS * width * height];
        for (int i = 0; i < to.length; i++) {
            to[i] = (byte) (background >> 8 * (CHANNELS - 1 - i % CHANNELS));
        }
        int left = Math.floorDiv(width - picture.width(), 2);
        int top = Math.floorDiv(height - picture.height(), 2);
        int columns = Math.min(width, picture.width());
        for (int y = Math.max(top, 0); y < Math.min(height, top + picture.height()); y++) {
            int source = (y - top) * picture.width() + Math.max(-left, 0);
            System.arraycopy(from, CHANNELS * source, to, CHANNELS * (y * width + Math.max(left, 0)), CHANNELS * columns);
        }
        return Picture.owning(width, height, to);
    }
}
