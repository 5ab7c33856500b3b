package wurstchen.onnx.internal.operators.gpu;

/**
 * What the choice of an algorithm depends on: the shape, and to how many bytes each matrix is aligned (a power of two up to 256).
 *
 * @param shape what is computed
 * @param x alignment of x
 * @param weight alignment of the weight
 * @param bias alignment of the bias, 256 if there is none
 * @param residual alignment of the residual, that of y if there is none
 * @param y alignment of y
 */
record ProductKey(ProductShape shape, int x, int weight, int bias, int residual, int y) {
    /** CUDA's own allocations, and what cuBLASLt asks for at most. */
    private static final int MAX_ALIGNMENT = 256;

    static ProductKey of(Product product) {
        int y = alignment(product.y());
        return new ProductKey(
                product.shape(),
                alignment(product.x()),
                alignment(product.weight()),
                alignment(product.bias()),
                product.shape().residual() ? alignment(product.residual()) : y,
                y);
    }

    private static int alignment(long address) {
        return (int) Math.min(MAX_ALIGNMENT, Long.lowestOneBit(address | MAX_ALIGNMENT));
    }
}
