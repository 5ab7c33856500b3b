package wurstchen;

import org.jspecify.annotations.Nullable;

/**
 * A request was stopped by its {@link Cancellation}, by an interrupt of its thread (whose interrupt flag is set then), or by its future.
 * The cause is what the stage said when it was stopped; there is none if it was stopped between two steps.
 */
public final class CancelledException extends UnfinishedRequestException {
    private static final long serialVersionUID = 1L;

    CancelledException(String message, FinishedPictures finished, @Nullable Throwable cause) {
        super(message, finished, cause);
    }
}
