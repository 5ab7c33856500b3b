package wurstchen.image;

import static com.google.common.base.Preconditions.checkArgument;
import static com.google.common.base.Preconditions.checkElementIndex;

import com.google.common.hash.Hashing;
import java.awt.image.BufferedImage;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import wurstchen.stage.Pixels;

/** An 8-bit RGB picture. Immutable. */
public final class Picture {
    private static final int CHANNELS = 3;

    private final int width;
    private final int height;
    private final byte[] rgb;

    private Picture(int width, int height, byte[] rgb) {
        this.width = width;
        this.height = height;
        this.rgb = rgb;
    }

    /**
     * Turns pixels into pictures: value * 255, rounded half to even, as diffusers' numpy_to_pil does.
     *
     * @param pixels [pictures, 3, height, width]; values are clamped to [0, 1]
     * @return one picture for each of the batch, immutable
     */
    public static List<Picture> fromPixels(Pixels pixels) {
        return IntStream.range(0, pixels.pictures())
                .mapToObj(picture -> new Picture(pixels.width(), pixels.height(), pixels.levels(picture)))
                .toList();
    }

    /**
     * Takes over an image's colours; transparency is dropped.
     *
     * @param image any image
     * @return its copy as 8-bit RGB
     */
    public static Picture fromImage(BufferedImage image) {
        byte[] rgb = new byte[CHANNELS * image.getWidth() * image.getHeight()];
        int[] colors = image.getRGB(0, 0, image.getWidth(), image.getHeight(), null, 0, image.getWidth());
        for (int i = 0; i < colors.length; i++) {
            rgb[CHANNELS * i] = (byte) (colors[i] >> 16);
            rgb[CHANNELS * i + 1] = (byte) (colors[i] >> 8);
            rgb[CHANNELS * i + 2] = (byte) colors[i];
        }
        return new Picture(image.getWidth(), image.getHeight(), rgb);
    }

    /**
     * Returns the width.
     *
     * @return px
     */
    public int width() {
        return width;
    }

    /**
     * Returns the height.
     *
     * @return px
     */
    public int height() {
        return height;
    }

    /**
     * Returns one pixel.
     *
     * @param x column, from the left
     * @param y row, from the top
     * @return 0xRRGGBB
     * @throws IndexOutOfBoundsException if it lies outside
     */
    public int rgb(int x, int y) {
        checkElementIndex(x, width, "x");
        checkElementIndex(y, height, "y");
        int i = CHANNELS * (y * width + x);
        return (rgb[i] & 0xff) << 16 | (rgb[i + 1] & 0xff) << 8 | rgb[i + 2] & 0xff;
    }

    /**
     * Returns every value.
     *
     * @return a new array [height, width, 3] of 0 to 255, as unsigned bytes
     */
    public byte[] toBytes() {
        return rgb.clone();
    }

    /**
     * Returns the picture for Java's own imaging.
     *
     * @return a new image of TYPE_INT_RGB
     */
    public BufferedImage toImage() {
        BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
        int[] colors = new int[width * height];
        for (int i = 0; i < colors.length; i++) {
            colors[i] = rgb(i % width, i / width);
        }
        image.setRGB(0, 0, width, height, colors, 0, width);
        return image;
    }

    /**
     * Puts the picture's values back on [0, 1].
     *
     * @return pixels [1, 3, height, width]
     */
    public Pixels toPixels() {
        int plane = width * height;
        float[] values = new float[CHANNELS * plane];
        for (int i = 0; i < plane; i++) {
            for (int channel = 0; channel < CHANNELS; channel++) {
                values[channel * plane + i] = (rgb[i * CHANNELS + channel] & 0xff) / 255.0f;
            }
        }
        return new Pixels(1, height, width, values);
    }

    /**
     * Returns this picture in another size, smoothed where it gets smaller (bilinear with antialiasing, as models are trained with).
     *
     * {@snippet class="wurstchen.snippets.PictureSnippetsTest" region="read"}
     *
     * @param newWidth px, at least 1
     * @param newHeight px, at least 1
     * @param fit what to do if the sides have another ratio
     * @param background 0xRRGGBB, beside a picture that is padded
     * @return such a picture; this one if it has that size
     * @throws IllegalArgumentException if a side is below 1, or {@code background} is no colour
     */
    public Picture resized(int newWidth, int newHeight, Fit fit, int background) {
        return Resizing.resized(this, newWidth, newHeight, fit, background);
    }

    /**
     * Returns the SHA-256 of the picture's size and values, which names the picture whatever file it was read from.
     *
     * @return 64 lower-case hexadecimal digits
     */
    public String sha256() {
        return Hashing.sha256()
                .newHasher()
                .putInt(width)
                .putInt(height)
                .putBytes(rgb)
                .hash()
                .toString();
    }

    /**
     * Returns this picture with another one in the light parts of a mask.
     *
     * @param by what is seen there; of this picture's size
     * @param mask of this picture's size; light pixels are those whose mean of red, green and blue is 128 or more
     * @return a new picture; the other pixels are this picture's, bit for bit
     * @throws IllegalArgumentException if the sizes differ
     */
    public Picture repainted(Picture by, Picture mask) {
        checkSize("the other picture", by);
        checkSize("the mask", mask);
        byte[] mixed = rgb.clone();
        for (int i = 0; i < width * height; i++) {
            if (mask.isLight(i)) {
                System.arraycopy(by.rgb, CHANNELS * i, mixed, CHANNELS * i, CHANNELS);
            }
        }
        return new Picture(width, height, mixed);
    }

    private void checkSize(String name, Picture other) {
        checkArgument(
                other.width == width && other.height == height,
                "%s must have %s x %s px, got %s x %s",
                name,
                width,
                height,
                other.width,
                other.height);
    }

    private boolean isLight(int pixel) {
        int i = CHANNELS * pixel;
        return (rgb[i] & 0xff) + (rgb[i + 1] & 0xff) + (rgb[i + 2] & 0xff) >= CHANNELS * 128;
    }

    /**
     * Lays a grid over this picture and finds the cells with a light pixel, see {@link #repainted}.
     *
     * @param rows of the grid, 1 to the picture's height
     * @param columns of the grid, 1 to the picture's width
     * @return rows * columns values, row by row
     * @throws IllegalArgumentException if there are more cells than pixels
     */
    public boolean[] lightCells(int rows, int columns) {
        checkArgument(
                rows >= 1 && rows <= height && columns >= 1 && columns <= width,
                "a grid over %s x %s px needs 1 to that many columns and rows, got %s x %s",
                width,
                height,
                columns,
                rows);
        boolean[] cells = new boolean[rows * columns];
        for (int i = 0; i < width * height; i++) {
            if (isLight(i)) {
                cells[i / width * rows / height * columns + i % width * columns / width] = true;
            }
        }
        return cells;
    }

    /** Returns the picture of these values, which nobody else may change. */
    static Picture owning(int width, int height, byte[] rgb) {
        return new Picture(width, height, rgb);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Picture that
                && width == that.width
                && height == that.height
                && Arrays.equals(rgb, that.rgb);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(rgb);
    }

    @Override
    public String toString() {
        return "Picture[" + width + " x " + height + " px]";
    }
}
