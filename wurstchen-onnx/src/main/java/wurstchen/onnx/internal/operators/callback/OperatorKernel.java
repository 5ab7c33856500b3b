package wurstchen.onnx.internal.operators.callback;

import ai.onnxruntime.OrtException;

/** Computes one node of an open session. Runs of several threads may be in it at the same time. */
@FunctionalInterface
public interface OperatorKernel {
    /**
     * Computes the node once. Whatever this throws becomes the failure of the run, with its message.
     *
     * @param call the inputs and outputs, valid during this call only
     */
    void compute(OperatorCall call) throws OrtException;
}
