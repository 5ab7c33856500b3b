package wurstchen;

import org.jspecify.annotations.Nullable;
import wurstchen.internal.StopSignal;

/**
 * Says why a request ended without all of its pictures, and which were finished.
 *
 * @param request which
 * @param finished its pictures so far
 */
record RequestEnd(PictureRequest request, FinishedPictures finished) {
    /** The end of a request that was stopped while it waited. */
    UnfinishedRequestException beforeFirstStep(StopSignal signal) {
        return stopped(signal.reason().orElseThrow(), "before the first step", null);
    }

    /** What to throw for a failure: if the request was stopped, that is why the stage failed. */
    RuntimeException because(RuntimeException failure, RunProgress progress, StopSignal signal) {
        if (signal.reason().isPresent()) {
            RuntimeException cause = failure instanceof RunProgress.Stopped ? null : failure;
            return stopped(signal.reason().get(), progress.toString(), cause);
        }
        if (progress.thrownBySender(failure)) {
            addTo(failure);
            return failure;
        }
        String message = failure.getMessage() == null ? failure.toString() : failure.getMessage();
        return new RequestFailedException(message + finishedPictures(), finished, failure);
    }

    /** Lets what is thrown as it is carry the finished pictures. */
    void addTo(Throwable thrown) {
        if (finished.count() > 0) {
            thrown.addSuppressed(new RequestFailedException("the request ended" + finishedPictures(), finished, null));
        }
    }

    private UnfinishedRequestException stopped(StopSignal.Reason reason, String where, @Nullable RuntimeException cause) {
        String end = finishedPictures();
        return switch (reason) {
            case CANCELLED -> new CancelledException("cancelled " + where + end, finished, cause);
            case INTERRUPTED -> new CancelledException("interrupted " + where + end, finished, cause);
            case DEADLINE -> new DeadlineExceededException(
                    "the deadline of " + request.deadline().orElseThrow() + " passed " + where + end
                            + "; allow more time, or make fewer or smaller pictures",
                    finished,
                    cause);
            case CLOSED -> new PipelineClosedException(
                    cause == null && "before the first step".equals(where)
                            ? PipelineClosedException.MESSAGE
                            : "this Wurstchen was closed " + where + end + ": open a new one",
                    finished,
                    cause);
        };
    }

    private String finishedPictures() {
        return request.pictures() == 1
                ? ""
                : "; " + finished.count() + " of " + request.pictures() + " pictures are finished";
    }
}
