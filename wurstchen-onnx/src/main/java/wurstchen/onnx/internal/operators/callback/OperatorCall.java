package wurstchen.onnx.internal.operators.callback;

import ai.onnxruntime.OrtException;

/** One computation of a node: its inputs, its outputs and the stream that its work is queued on. Tensors are dense. */
public interface OperatorCall {
    /** Returns the shape of an input. */
    long[] shape(int input) throws OrtException;

    /** Returns the address of an input's first value, on the device of the operator's execution provider. */
    long input(int input) throws OrtException;

    /** Makes an output of a shape, and returns the address of its first value on the same device. */
    long output(int output, long... shape) throws OrtException;

    /** Returns the address of the GPU's stream; 0 on the CPU. */
    long stream() throws OrtException;
}
