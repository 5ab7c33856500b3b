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
}
