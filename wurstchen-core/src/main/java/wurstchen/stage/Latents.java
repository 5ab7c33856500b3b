package wurstchen.stage;

/**
 * A handle of latents, float32, [pictures, channels, height, width]. Where the numbers live (host, GPU) is the business of the stage that
 * made them; a stage accepts the handles of its own engine without a copy, and any other through {@link #toHost}.
 *
 * <p>Not thread-safe.
 */
public interface Latents extends AutoCloseable {
    /**
     * Returns the shape.
     *
     * @return the shape, fixed for the life of the handle
     */
    LatentShape shape();

    /**
     * Copies the values to the host.
     *
     * @return a new array of {@code shape().values()} values
     * @throws IllegalStateException if the handle, or the run that owns it, is closed
     */
    float[] toHost();

    /** Frees what the handle owns; a second call does nothing. Handles that a run hands out belong to the run. */
    @Override
    void close();

    /**
     * Returns latents that live in a Java array.
     *
     * {@snippet class="wurstchen.snippets.RequestSnippetsTest" region="arrays"}
     *
     * @param shape the shape
     * @param values the values, copied
     * @return a handle; closing it does nothing
     * @throws IllegalArgumentException if the number of values is not that of the shape
     */
    static Latents onHost(LatentShape shape, float[] values) {
        return new HostLatents(shape, values);
    }
}
