package wurstchen.onnx;

import wurstchen.WurstchenException;

/** Thrown when a GPU was requested and cannot be used. The message is the whole report, of several lines. */
public final class CudaUnavailableException extends WurstchenException {
    private static final long serialVersionUID = 1L;

    private final transient DoctorReport report;

    CudaUnavailableException(DoctorReport report, Throwable cause) {
        super(report.toString(), cause);
        this.report = report;
    }

    /**
     * Returns the report.
     *
     * @return why the GPU cannot be used and what was found; null in a deserialized exception
     */
    public DoctorReport report() {
        return report;
    }
}
