package wurstchen.stage;

/** Turns pictures into embeddings that Stage C follows beside the text: image prompts. Not every model has one. Thread-safe. */
public interface ImageEncoder extends AutoCloseable {
    /**
     * Encodes pictures. An implementation brings them to the size and range that its network was trained on.
     *
     * @param pixels [pictures, 3, height, width] in [0, 1], of any size
     * @return an embedding for each picture
     * @throws wurstchen.WurstchenException if the encoder fails
     * @throws IllegalStateException if the encoder is closed
     */
    ImageEmbeddings encode(Pixels pixels);

    /** Frees the encoder; waits for a call in flight. A second call does nothing. */
    @Override
    void close();
}
