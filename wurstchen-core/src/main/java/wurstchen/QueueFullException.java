package wurstchen;

/**
 * As many requests wait for a pipeline as it lets wait, see {@link Wurstchen.Builder#maxWaitingRequests}: the request was refused at once. A
 * service answers with status 503, or asks another pipeline.
 */
public final class QueueFullException extends UnfinishedRequestException {
    private static final long serialVersionUID = 1L;

    QueueFullException(int waiting) {
        super(
                "the queue is full: " + waiting + " requests wait already, and no more may; send it again later",
                FinishedPictures.none(),
                null);
    }
}
