package wurstchen.onnx.internal.operators.gpu;

/** Chooses one of a plan's algorithms by computing a product with it, on a stream that is not recorded. */
@FunctionalInterface
interface ProductTrial {
    /** Takes the first algorithm that takes the product: cuBLASLt's own estimate, and the same in every process. */
    ProductTrial FIRST = (plan, product, stream) -> {
        for (int i = 0; i < plan.algorithms(); i++) {
            if (plan.run(i, product, stream).isEmpty()) {
                return i;
            }
        }
        return -1;
    };

    /** Returns the index of the algorithm, or -1 if none takes the product. */
    int best(ProductPlan plan, Product product, long stream);

    /**
     * Returns a trial that takes the fastest algorithm.
     *
     * @param clock measures on the stream
     */
    static ProductTrial timed(GpuClock clock) {
        return (plan, product, stream) -> {
            int best = -1;
            double least = Double.MAX_VALUE;
            for (int i = 0; i < plan.algorithms(); i++) {
                int algorithm = i;
                // The first run loads the kernel.
                if (plan.run(i, product, stream).isEmpty()) {
                    double time = clock.milliseconds(stream, () -> plan.run(algorithm, product, stream));
                    if (time < least) {
                        least = time;
                        best = i;
                    }
                }
            }
            return best;
        };
    }

    /** Measures work of a GPU. */
    @FunctionalInterface
    interface GpuClock {
        /** Does work some times and returns how long each took, waiting for it. */
        double milliseconds(long stream, Runnable work);
    }
}
