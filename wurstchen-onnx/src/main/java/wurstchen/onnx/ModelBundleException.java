package wurstchen.onnx;

import wurstchen.WurstchenException;

/**
 * Thrown for a model bundle that differs from its manifest, or that this version of the library does not support. The message is one line.
 */
public final class ModelBundleException extends WurstchenException {
    private static final long serialVersionUID = 1L;

    /**
     * Creates an exception without a cause.
     *
     * @param message one line: what is wrong, what was expected, what was found, and the remedy
     */
    public ModelBundleException(String message) {
        super(message);
    }

    /**
     * Creates an exception.
     *
     * @param message one line: what is wrong, what was expected, what was found, and the remedy
     * @param cause what failed
     */
    public ModelBundleException(String message, Throwable cause) {
        super(message, cause);
    }
}
