package wurstchen.stage;

/**
 * The semantic compressor, an encoder from pictures to Stage C latents: Stage B and Stage A rebuild the picture from them, and Stage C can
 * start from them. Thread-safe.
 */
public interface SemanticCompressor extends AutoCloseable {
    /**
     * Encodes pictures. An implementation resizes them as its network was trained, and turns the semantic latents y that the network gives
     * into Stage C latents ((y + 1) / 42 in the published models, see {@link LatentScale}).
     *
     * @param pixels [pictures, 3, height, width] in [0, 1], of a size that the model can make
     * @return Stage C latents [pictures, 16, ceil(height / 42.67), ceil(width / 42.67)], owned by the caller
     * @throws IllegalArgumentException if the model has no such size
     * @throws IllegalStateException if the compressor is closed
     * @throws wurstchen.WurstchenException if the engine fails
     */
    Latents encode(Pixels pixels);

    /** Frees the compressor; waits for a call in flight. A second call does nothing. */
    @Override
    void close();
}
