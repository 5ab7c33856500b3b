package wurstchen.stage;

import static com.google.common.base.Preconditions.checkArgument;

/**
 * The shape of a batch of latents, [pictures, channels, height, width].
 *
 * @param pictures pictures in the batch, B, at least 1
 * @param channels 16 for Stage C and 4 for Stage B in the published models
 * @param height rows of the latent grid
 * @param width columns of the latent grid
 */
public record LatentShape(int pictures, int channels, int height, int width) {
    /**
     * Checks the dimensions.
     *
     * @throws IllegalArgumentException if one is below 1
     */
    public LatentShape {
        checkArgument(
                pictures > 0 && channels > 0 && height > 0 && width > 0,
                "every dimension of latents must be at least 1, got [%s, %s, %s, %s]",
                pictures,
                channels,
                height,
                width);
    }

    /**
     * Returns the number of values of the whole batch.
     *
     * @return pictures * channels * height * width
     * @throws ArithmeticException if that does not fit an array
     */
    public int values() {
        return Math.multiplyExact(Math.multiplyExact(pictures, channels), Math.multiplyExact(height, width));
    }

    /**
     * Returns the dimensions as engines take them.
     *
     * @return a new array {pictures, channels, height, width}
     */
    public long[] toArray() {
        return new long[] {pictures, channels, height, width};
    }

    @Override
    public String toString() {
        return "[" + pictures + ", " + channels + ", " + height + ", " + width + "]";
    }
}
