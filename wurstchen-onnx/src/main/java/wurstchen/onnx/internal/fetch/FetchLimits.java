package wurstchen.onnx.internal.fetch;

import java.time.Duration;

/**
 * How long a fetch may take, and how much it may bring.
 *
 * @param connect until a connection is established
 * @param quiet without a byte from the server
 * @param total of the whole fetch, waiting for other processes included
 * @param bytes of all files together
 * @param tries in a row that bring no byte
 * @param pause after the first of these; doubled after each further one
 */
public record FetchLimits(Duration connect, Duration quiet, Duration total, long bytes, int tries, Duration pause) {
    /** The longest pause between two tries. */
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(30);

    /** Returns how long to wait after a number of tries in a row that brought nothing. */
    Duration pauseAfter(int failures) {
        Duration doubled = pause.multipliedBy(1L << Math.min(failures - 1, 16));
        return doubled.compareTo(LONGEST_PAUSE) < 0 ? doubled : LONGEST_PAUSE;
    }
}
