package wurstchen.onnx.internal.operators.gpu;

/** Makes plans of products on one GPU. For one thread at a time. */
interface ProductLibrary extends AutoCloseable {
    /**
     * Makes a plan, owned by the caller.
     *
     * @param bias the address of a bias with the key's alignment, or 0
     * @throws wurstchen.WurstchenException if no algorithm can do it
     */
    ProductPlan plan(ProductKey key, long bias);

    /** Returns name and version, such as {@code cuBLASLt 12.9.1}. */
    String description();

    @Override
    void close();
}
