package wurstchen.onnx.internal.operators;

import ai.onnxruntime.OrtException;
import wurstchen.onnx.internal.operators.callback.OperatorCall;
import wurstchen.onnx.internal.operators.gpu.GpuWork;

/** One node of an operator that is computed on a GPU. Immutable. */
@FunctionalInterface
interface GpuKernel {
    /** Bytes of a float16 value. */
    int HALF = 2;

    /**
     * Checks the inputs, makes the outputs and queues the work.
     *
     * @param gpu the stream's, for this call
     */
    void queue(OperatorCall call, GpuWork gpu) throws OrtException;
}
