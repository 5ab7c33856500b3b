package wurstchen.onnx.internal.operators.gpu;

/**
 * What operators queue on one stream of a GPU. Not thread-safe: whoever queues holds the monitor of this.
 *
 * <p>A stream may be recorded. Then nothing may be made that was not made by an earlier run of the same shapes, and what would have to be made
 * is a {@link wurstchen.WurstchenException}.
 */
public interface GpuWork {
    /** Returns how many multiprocessors the GPU has. */
    int multiprocessors();

    /** Returns the largest dynamic shared memory of a block, in bytes. */
    int sharedBytes();

    /**
     * Returns memory for intermediate values of the operator that queues now; the next operator gets the same memory.
     *
     * @return the address, a multiple of 256
     */
    long scratch(long bytes);

    /**
     * Returns memory that is zero, for kernels that leave it zero.
     *
     * @return the address, a multiple of 256
     */
    long zeros(long bytes);

    /** Returns whether there is a kernel, for one that not every GPU has. */
    boolean has(String kernel);

    /** Queues a kernel. */
    void launch(Launch launch);

    /** Queues a product. */
    void multiply(Product product);
}
