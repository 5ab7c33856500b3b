package wurstchen;

import org.jspecify.annotations.Nullable;

/**
 * A stage failed, and with it the request. The cause is what the stage threw. What a request's own listener or consumer throws reaches the
 * caller as it is; if pictures were finished, one of these is a suppressed exception and has them.
 */
public final class RequestFailedException extends UnfinishedRequestException {
    private static final long serialVersionUID = 1L;

    RequestFailedException(String message, FinishedPictures finished, @Nullable Throwable cause) {
        super(message, finished, cause);
    }
}
