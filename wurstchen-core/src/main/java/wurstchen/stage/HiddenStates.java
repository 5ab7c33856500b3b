package wurstchen.stage;

/**
 * What a text encoder makes of token ids: float32 [rows, tokens, width], on whatever memory the encoder's engine keeps it. The rows of a
 * guided run are the prompts of all pictures, then their negative prompts. Not thread-safe.
 */
public interface HiddenStates extends AutoCloseable {
    /**
     * Returns the number of rows.
     *
     * @return pictures, or twice as many for a guided run
     */
    int rows();

    /**
     * Returns the number of tokens of a row.
     *
     * @return 77 in the published models
     */
    int tokens();

    /**
     * Returns the values a token has.
     *
     * @return 1280 for Stage C and 1024 for Stage B in the published models
     */
    int width();

    /**
     * Copies the values to the host.
     *
     * @return a new array of rows * tokens * width values
     * @throws IllegalStateException if the handle is closed
     */
    float[] toHost();

    /** Frees what the handle owns; a second call does nothing. */
    @Override
    void close();
}
