package wurstchen.onnx.internal.binding;

import ai.onnxruntime.OnnxJavaType;
import wurstchen.onnx.TensorSpec;

/** What a tensor of this library holds. */
public enum ElementType {
    /** Latents, tables, pixels. */
    FLOAT32(1, Float.BYTES, OnnxJavaType.FLOAT),
    /** Token ids, masks, step counters. */
    INT64(7, Long.BYTES, OnnxJavaType.INT64);

    private final int code;
    private final int bytes;
    private final OnnxJavaType javaType;

    ElementType(int code, int bytes, OnnxJavaType javaType) {
        this.code = code;
        this.bytes = bytes;
        this.javaType = javaType;
    }

    /** The number that stands for it in ONNX (TensorProto.DataType) and in the C API (ONNXTensorElementDataType). */
    int code() {
        return code;
    }

    /** The size of a value. */
    int bytes() {
        return bytes;
    }

    /** What the Java API calls it. */
    OnnxJavaType javaType() {
        return javaType;
    }

    /** The type of a dtype of a manifest. */
    public static ElementType of(TensorSpec spec) {
        return spec.dtype().equals(TensorSpec.INT64) ? INT64 : FLOAT32;
    }
}
