package wurstchen.onnx.internal.common;

import ai.onnxruntime.OrtException;

/** ONNX Runtime calls without a result. */
@FunctionalInterface
public interface OrtWork {
    /**
     * Makes the calls.
     *
     * @throws OrtException if one of them fails
     */
    void run() throws OrtException;
}
