package wurstchen.onnx.internal.operators.gpu;

import java.util.Optional;

/** How products of one {@link ProductKey} are computed, with the algorithms that can do it, the one that is estimated to be fastest first. */
interface ProductPlan extends AutoCloseable {
    /** Returns how many algorithms there are, at least 1. */
    int algorithms();

    /**
     * Queues a product.
     *
     * @param algorithm 0 to {@link #algorithms} - 1
     * @return empty if it is queued; else the words with which the algorithm refuses this product
     * @throws wurstchen.WurstchenException if it cannot be queued for another reason
     */
    Optional<String> run(int algorithm, Product product, long stream);

    @Override
    void close();
}
