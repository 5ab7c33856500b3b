package wurstchen.onnx.internal.operators.gpu;

/**
 * A product with its matrices, each a dense row-major float16 matrix on the GPU.
 *
 * @param shape what is computed
 * @param x address of [rows, inner]
 * @param weight address of [inner, columns]
 * @param bias address of [columns]; 0 for an epilogue without one
 * @param residual address of [rows, columns]; 0 if there is none. Not that of {@code y}
 * @param y address of [rows, columns], overwritten
 */
public record Product(ProductShape shape, long x, long weight, long bias, long residual, long y) {}
