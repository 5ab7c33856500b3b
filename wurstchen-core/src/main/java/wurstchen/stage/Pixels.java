package wurstchen.stage;

import static com.google.common.base.Preconditions.checkArgument;

/**
 * Pixels of a batch of pictures on the host, float32 [pictures, 3, height, width], red, green, blue planes, in [0, 1].
 *
 * <p>The array is not copied: who makes one hands it over.
 *
 * @param pictures pictures in the batch
 * @param height in px
 * @param width in px
 * @param values pictures * 3 * height * width values
 */
@SuppressWarnings("ArrayRecordComponent")
public record Pixels(int pictures, int height, int width, float[] values) {
    /**
     * Checks the number of values.
     *
     * @throws IllegalArgumentException if it is not that of the shape
     */
    public Pixels {
        checkArgument(
                values.length == Math.multiplyExact(pictures, Math.multiplyExact(3, Math.multiplyExact(height, width))),
                "pixels of shape [%s, 3, %s, %s] need %s values, got %s",
                pictures,
                height,
                width,
                3L * pictures * height * width,
                values.length);
    }
}
