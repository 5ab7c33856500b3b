package wurstchen.onnx.internal.operators.gpu;

/** What a product does to its result before it is stored, with the values of enum cublasLtEpilogue_t of cublasLt.h. */
public enum Epilogue {
    /** Nothing. */
    NONE(1),
    /** Adds a bias of one value a column. */
    BIAS(4),
    /** Adds a bias, and applies GELU in its tanh form. */
    GELU_BIAS(32 | 4);

    private final int code;

    Epilogue(int code) {
        this.code = code;
    }

    int code() {
        return code;
    }
}
