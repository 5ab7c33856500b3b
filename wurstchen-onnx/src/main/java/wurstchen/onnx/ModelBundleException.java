package wurstchen.onnx;

import wurstchen.WurstchenException;

/** A model bundle that is not what its manifest, or this version of the library, says it must be. The message is one line. */
public final class ModelBundleException extends WurstchenException {
    private static final long serialVersionUID = 1L;

    /** What helps against a file that changed on its way. */
    public static final String FETCH_AGAIN = "export or download the bundle again";

    public ModelBundleException(String message) {
        super(message);
    }

    public ModelBundleException(String message, Throwable cause) {
        super(message, cause);
    }
}
