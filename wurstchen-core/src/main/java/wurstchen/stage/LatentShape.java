package wurstchen.stage;

import static com.google.common.base.Preconditions.checkArgument;

/**
 * The shape of a batch of latents, [images, channels, height, width].
 *
 * @param images pictures in the batch, B, at least 1
 * @param channels 16 for Stage C and 4 for Stage B in the published models
 * @param height rows of the latent grid
 * @param width columns of the latent grid
 */
public record LatentShape(int images, int channels, int height, int width) {
    /**
     * Checks the dimensions.
     *
     * @throws IllegalArgumentException if one is below 1
     */
    public LatentShape {
        checkArgument(
                images > 0 && channels > 0 && height > 0 && width > 0,
                "every dimension of latents must be at least 1, got [%s, %s, %s, %s]",
                images,
                channels,
                height,
                width);
    }

    /**
     * Returns the number of values of the whole batch.
     *
     * @return images * channels * height * width
     * @throws ArithmeticException if that does not fit an array
     */
    public int values() {
        return Math.multiplyExact(Math.multiplyExact(images, channels), Math.multiplyExact(height, width));
    }

    /**
     * Returns the dimensions as engines take them.
     *
     * @return a new array {images, channels, height, width}
     */
    public long[] toArray() {
        return new long[] {images, channels, height, width};
    }

    @Override
    public String toString() {
        return "[" + images + ", " + channels + ", " + height + ", " + width + "]";
    }
}
