package wurstchen;

import org.jspecify.annotations.Nullable;

/**
 * A pipeline was closed before it was asked for pictures, or while it made them. The cause is what the stage said when it was closed under
 * the request; there is none if it was stopped between two steps.
 */
public final class PipelineClosedException extends UnfinishedRequestException {
    private static final long serialVersionUID = 1L;

    /** For a pipeline that was closed before it began with a request. */
    static final String MESSAGE = "this Wurstchen is closed: open a new one";

    PipelineClosedException(String message, FinishedPictures finished, @Nullable Throwable cause) {
        super(message, finished, cause);
    }
}
