package wurstchen;

import org.jspecify.annotations.Nullable;

/**
 * What went wrong that is not the caller's mistake: the message says where (stage, step, file), what, and what to do about it. A caller's
 * mistake is an IllegalArgumentException or IllegalStateException instead.
 */
public class WurstchenException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /**
     * Creates one without a cause.
     *
     * @param message where, what, remedy
     */
    public WurstchenException(String message) {
        super(message);
    }

    /**
     * Creates one with a cause.
     *
     * @param message where, what, remedy
     * @param cause what the engine or the operating system said; may be null
     */
    public WurstchenException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
