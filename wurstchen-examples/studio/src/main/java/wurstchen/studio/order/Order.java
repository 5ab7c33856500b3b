package wurstchen.studio.order;

import java.util.List;
import wurstchen.PictureRequest;
import wurstchen.image.Picture;

/**
 * What a client asks for. Immutable.
 *
 * @param requests drawn one after the other; several for a series
 * @param inputs pictures and masks that they begin with
 * @param cancelWhenLeft whether the order ends when nobody watches it any more
 */
public record Order(List<PictureRequest> requests, List<Picture> inputs, boolean cancelWhenLeft) {
    private static final int BYTES_PER_PIXEL = 3;

    /** Copies the lists. */
    public Order {
        requests = List.copyOf(requests);
        inputs = List.copyOf(inputs);
    }

    /**
     * Counts the pictures.
     *
     * @return those of all requests
     */
    public int pictures() {
        return requests.stream().mapToInt(PictureRequest::pictures).sum();
    }

    /**
     * Returns what the inputs take in memory.
     *
     * @return bytes
     */
    public long inputBytes() {
        return inputs.stream().mapToLong(input -> (long) input.width() * input.height() * BYTES_PER_PIXEL).sum();
    }
}
