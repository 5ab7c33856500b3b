package wurstchen.onnx;

import wurstchen.WurstchenException;

/** A GPU was asked for and cannot be used. The message is the whole report, of several lines. */
public final class CudaUnavailableException extends WurstchenException {
    private static final long serialVersionUID = 1L;

    private final transient DoctorReport report;

    CudaUnavailableException(DoctorReport report, Throwable cause) {
        super(report.toString(), cause);
        this.report = report;
    }

    /**
     * Returns what was found.
     *
     * @return why the GPU cannot be used and what there is; null in a copy that was serialized
     */
    public DoctorReport report() {
        return report;
    }
}
