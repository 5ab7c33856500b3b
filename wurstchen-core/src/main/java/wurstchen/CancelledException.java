package wurstchen;

/** A request was stopped by its {@link Cancellation}. The pipeline is as usable as before. */
public final class CancelledException extends WurstchenException {
    private static final long serialVersionUID = 1L;

    /**
     * Creates one.
     *
     * @param message where the request was stopped
     * @param cause what the stage said when it was stopped; null if it was stopped between two steps
     */
    public CancelledException(String message, Throwable cause) {
        super(message, cause);
    }
}
