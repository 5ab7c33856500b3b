package wurstchen.onnx.internal.binding;

import ai.onnxruntime.OnnxJavaType;
import wurstchen.onnx.TensorSpec;

/** The element type of a tensor. */
public enum ElementType {
    /** Latents, tables, pixels. */
    FLOAT32(1, Float.BYTES, OnnxJavaType.FLOAT),
    /** Token ids, masks, step counters. */
    INT64(7, Long.BYTES, OnnxJavaType.INT64),
    /** Levels of pictures. */
    UINT8(2, Byte.BYTES, OnnxJavaType.UINT8);

    private final int code;
    private final int bytes;
    private final OnnxJavaType javaType;

    ElementType(int code, int bytes, OnnxJavaType javaType) {
        this.code = code;
        this.bytes = bytes;
        this.javaType = javaType;
    }

    /** Returns its number in ONNX (TensorProto.DataType) and in the C API (ONNXTensorElementDataType). */
    int code() {
        return code;
    }

    /** Returns the bytes of a value. */
    int bytes() {
        return bytes;
    }

    /** Returns its constant of the Java API. */
    OnnxJavaType javaType() {
        return javaType;
    }

    /** Returns the type of a manifest's dtype. */
    public static ElementType of(TensorSpec spec) {
        return switch (spec.dtype()) {
            case TensorSpec.INT64 -> INT64;
            case TensorSpec.UINT8 -> UINT8;
            default -> FLOAT32;
        };
    }
}
