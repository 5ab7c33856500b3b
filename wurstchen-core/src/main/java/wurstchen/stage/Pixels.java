package wurstchen.stage;

import static com.google.common.base.Preconditions.checkArgument;
import static com.google.common.base.Preconditions.checkElementIndex;

import java.util.Optional;

/**
 * A handle of the pixels of a batch of pictures, red, green and blue, in [0, 1]. Where they live (host, GPU) is the business of the stage that
 * made them; they can be read as float32 values, or as 8-bit levels, which are a quarter of the bytes.
 *
 * <p>Not thread-safe. Pixels in a Java array need no {@link #close}.
 */
public final class Pixels implements AutoCloseable {
    private final int pictures;
    private final int height;
    private final int width;
    private final Source source;

    /** Where pixels come from. */
    public interface Source extends AutoCloseable {
        /**
         * Returns all values.
         *
         * @return float32 [pictures, 3, height, width]
         */
        float[] values();

        /**
         * Returns one picture as levels: its values clamped to [0, 1], times 255, rounded half to even.
         *
         * @param picture index of the picture in the batch
         * @return a new array [height, width, 3] of 0 to 255, as unsigned bytes
         */
        byte[] levels(int picture);

        /**
         * Looks for a value that is not finite.
         *
         * @return such a value; empty if all are finite
         */
        Optional<Float> notFinite();

        /** Frees what the source owns; a second call does nothing. */
        @Override
        void close();
    }

    /**
     * Creates pixels that live in a Java array.
     *
     * @param pictures pictures in the batch
     * @param height in px
     * @param width in px
     * @param values float32 [pictures, 3, height, width], not copied: who makes pixels hands the array over
     * @throws IllegalArgumentException if the number of values is not that of the shape
     */
    public Pixels(int pictures, int height, int width, float[] values) {
        this(pictures, height, width, HostPixels.of(pictures, height, width, values));
    }

    private Pixels(int pictures, int height, int width, Source source) {
        this.pictures = pictures;
        this.height = height;
        this.width = width;
        this.source = source;
    }

    /**
     * Creates pixels that are read when they are asked for.
     *
     * @param pictures pictures in the batch, at least 1
     * @param height in px, at least 1
     * @param width in px, at least 1
     * @param source the pixels, owned by the handle
     * @return the handle, to be closed by the caller
     * @throws IllegalArgumentException if a number is below 1
     */
    public static Pixels of(int pictures, int height, int width, Source source) {
        checkArgument(
                pictures >= 1 && height >= 1 && width >= 1,
                "every dimension of pixels must be at least 1, got [%s, 3, %s, %s]",
                pictures,
                height,
                width);
        return new Pixels(pictures, height, width, source);
    }

    /**
     * Returns the number of pictures.
     *
     * @return pictures in the batch
     */
    public int pictures() {
        return pictures;
    }

    /**
     * Returns the height of each picture.
     *
     * @return px
     */
    public int height() {
        return height;
    }

    /**
     * Returns the width of each picture.
     *
     * @return px
     */
    public int width() {
        return width;
    }

    /**
     * Returns the values of all pictures, planes of red, green and blue.
     *
     * @return float32 [pictures, 3, height, width]; of pixels in a Java array this array, else a new one
     * @throws IllegalStateException if the handle is closed and does not live in a Java array
     */
    public float[] values() {
        return source.values();
    }

    /**
     * Returns a picture as levels: its values clamped to [0, 1], times 255, rounded half to even, as diffusers' numpy_to_pil does.
     *
     * @param picture index of the picture in the batch
     * @return a new array [height, width, 3] of 0 to 255, as unsigned bytes
     * @throws IndexOutOfBoundsException if there is no such picture
     * @throws IllegalStateException if the handle is closed and does not live in a Java array
     */
    public byte[] levels(int picture) {
        checkElementIndex(picture, pictures, "picture");
        return source.levels(picture);
    }

    /**
     * Looks for a value that is not finite, which only an engine that failed computes.
     *
     * @return such a value; empty if all are finite
     * @throws IllegalStateException if the handle is closed and does not live in a Java array
     */
    public Optional<Float> notFinite() {
        return source.notFinite();
    }

    /** Frees what the handle owns; a second call does nothing. */
    @Override
    public void close() {
        source.close();
    }

    @Override
    public String toString() {
        return "Pixels[" + pictures + ", 3, " + height + ", " + width + "]";
    }
}
