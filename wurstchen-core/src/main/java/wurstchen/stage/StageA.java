package wurstchen.stage;

/** Stage A, the f4 VQGAN between Stage B latents and pixels. Thread-safe. */
public interface StageA extends AutoCloseable {
    /**
     * Decodes latents.
     *
     * @param stageBLatents denoised Stage B latents, [pictures, 4, h, w]
     * @return pixels [pictures, 3, 4 * h, 4 * w] in [0, 1], owned by the caller
     * @throws wurstchen.WurstchenException if the engine fails
     */
    Pixels decode(Latents stageBLatents);

    /**
     * Encodes pixels; the inverse of {@link #decode} up to what Stage A loses.
     *
     * @param pixels [pictures, 3, height, width] in [0, 1], sides that divide by Stage A's factor
     * @return Stage B latents, owned by the caller
     * @throws UnsupportedOperationException if the model has no encoder
     * @throws wurstchen.WurstchenException if the engine fails
     */
    Latents encode(Pixels pixels);

    /** Frees the stage; waits for a call in flight. A second call does nothing. */
    @Override
    void close();
}
