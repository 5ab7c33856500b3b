package wurstchen.studio.order;

/** An order that is not carried out: the caller's mistake, or a limit. */
public final class RefusedOrder extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final int status;

    /**
     * Creates one.
     *
     * @param status the HTTP status that says whose turn it is: 4xx or 5xx
     * @param message what is wrong, and what to do
     */
    public RefusedOrder(int status, String message) {
        super(message);
        this.status = status;
    }

    /**
     * Returns what the server answers.
     *
     * @return an HTTP status
     */
    public int status() {
        return status;
    }

    static RefusedOrder badRequest(String message) {
        return new RefusedOrder(400, message);
    }
}
