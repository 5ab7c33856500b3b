package wurstchen.onnx.internal.operators.callback;

/** Types of the values that an operator takes and gives, with their codes in enum ONNXTensorElementDataType of onnxruntime_c_api.h. */
public enum ValueType {
    FLOAT32(1),
    FLOAT16(10);

    private final int code;

    ValueType(int code) {
        this.code = code;
    }

    /** Returns the code by which ONNX Runtime knows the type. */
    public int code() {
        return code;
    }
}
