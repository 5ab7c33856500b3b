package wurstchen.sampling;

/**
 * Where the noise of a run comes from: every call is the next draw for a whole batch.
 *
 * <p>A run draws its initial noise, then once at every step, the last one too (its noise is multiplied by zero, but not drawing it would
 * change every later number of the stream). A source belongs to one run and need not be thread-safe.
 */
@FunctionalInterface
public interface NoiseSource {
    /**
     * Overwrites {@code destination} with the next draw of standard normal noise.
     *
     * @param destination latents of a batch, [pictures, ...] flattened row by row
     */
    void fill(float[] destination);

    /**
     * Returns a source in which every picture of the batch has a {@link TorchRandom} of its own, so that picture i of a batch gets the noise
     * it would get alone.
     *
     * @param seeds one seed for each picture; a destination must hold the same number of values for each
     * @return the source; {@link #fill} throws IllegalArgumentException if the destination does not divide by the number of seeds
     * @throws IllegalArgumentException if there is no seed
     */
    static NoiseSource seeded(long... seeds) {
        return new SeededNoise(seeds);
    }

    /**
     * Returns a source between two others: every draw is a point on the arc between theirs (spherical interpolation), for each picture of
     * the batch on its own, so that it is as strong as theirs.
     *
     * @param first drawn from for every draw
     * @param last drawn from for every draw
     * @param share how far to go from the first to the last, 0 to 1; the ends are the sources
     * @param pictures pictures of the batch
     * @return the source
     * @throws IllegalArgumentException if a number is out of range
     */
    static NoiseSource interpolated(NoiseSource first, NoiseSource last, float share, int pictures) {
        return new InterpolatedNoise(first, last, share, pictures);
    }
}
