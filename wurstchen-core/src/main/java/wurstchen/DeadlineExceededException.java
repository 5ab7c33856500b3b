package wurstchen;

import org.jspecify.annotations.Nullable;

/**
 * A request took longer than its {@linkplain PictureRequest.Builder#deadline deadline} allows, the time in the queue included. The cause is
 * what the stage said when it was stopped; there is none if it was stopped between two steps.
 */
public final class DeadlineExceededException extends UnfinishedRequestException {
    private static final long serialVersionUID = 1L;

    DeadlineExceededException(String message, FinishedPictures finished, @Nullable Throwable cause) {
        super(message, finished, cause);
    }
}
