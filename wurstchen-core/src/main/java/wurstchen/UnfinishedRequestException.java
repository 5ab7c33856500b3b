package wurstchen;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A request ended before all of its pictures were made. The subclass says why; the pictures that were finished before are here. The pipeline
 * is as usable as before, unless it was closed.
 *
 * {@snippet class="wurstchen.snippets.ServiceSnippetsTest" region="finished-pictures"}
 */
public abstract sealed class UnfinishedRequestException extends WurstchenException
        permits CancelledException,
                DeadlineExceededException,
                PipelineClosedException,
                QueueFullException,
                RequestFailedException {
    private static final long serialVersionUID = 1L;

    private final transient @Nullable List<GeneratedPicture> pictures;
    private final int finishedPictures;

    UnfinishedRequestException(String message, FinishedPictures finished, @Nullable Throwable cause) {
        super(message, cause);
        pictures = finished.kept();
        finishedPictures = finished.count();
    }

    /**
     * Returns how many pictures were finished: the first ones of the request. A request for the others has the seed of the first one plus
     * this number.
     *
     * @return 0 to the number of pictures asked for
     */
    public int finishedPictures() {
        return finishedPictures;
    }

    /**
     * Returns the finished pictures.
     *
     * @return in the order of their seeds, immutable; empty if none was finished, if the request's {@linkplain PictureRequest#consumer
     *     consumer} has got them, or in a copy that was serialized
     */
    public List<GeneratedPicture> pictures() {
        return pictures == null ? List.of() : pictures;
    }
}
