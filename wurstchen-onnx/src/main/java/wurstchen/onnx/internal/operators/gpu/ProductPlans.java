package wurstchen.onnx.internal.operators.gpu;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import wurstchen.WurstchenException;

/**
 * The plans of one stream's products, made when a key first comes and kept. For one thread at a time.
 *
 * <p>Of a plan's algorithms, the first that takes the product is chosen, so that every process computes the same bits. With
 * {@code -Dwurstchen.products=timed}, the one that was fastest in a short trial is chosen instead, which may be another one in each process.
 */
final class ProductPlans implements AutoCloseable {
    /** A plan is some kilobytes of the host's memory. A picture of one size needs about a hundred. */
    static final int MAX_PLANS = 4096;

    private final ProductLibrary library;
    private final ProductTrial trial;
    private final Map<ProductKey, Chosen> plans = new LinkedHashMap<>(256, 0.75f, true);

    private record Chosen(ProductPlan plan, int algorithm) {}

    ProductPlans(ProductLibrary library, ProductTrial trial) {
        this.library = library;
        this.trial = trial;
    }

    /**
     * Queues a product.
     *
     * @param recording whether the stream is recorded, so that no plan can be made
     */
    void multiply(Product product, long stream, boolean recording) {
        ProductKey key = ProductKey.of(product);
        Chosen known = plans.get(key);
        if (known == null) {
            if (recording) {
                throw new WurstchenException("a product of " + product.shape() + " is recorded before it was ever computed");
            }
            known = choose(key, product, stream);
            plans.put(key, known);
            forgetOldest();
        }
        queue(known, product, stream);
    }

    private static void queue(Chosen chosen, Product product, long stream) {
        Optional<String> refusal = chosen.plan().run(chosen.algorithm(), product, stream);
        if (refusal.isPresent()) {
            throw new WurstchenException("a product of " + product.shape() + " is refused with " + refusal.get()
                    + ", and was not before");
        }
    }

    private Chosen choose(ProductKey key, Product product, long stream) {
        ProductPlan plan = library.plan(key, product.bias());
        try {
            int best = trial.best(plan, product, stream);
            if (best < 0) {
                String refusal = plan.run(0, product, stream).orElse("nothing");
                throw new WurstchenException(library.description() + " refuses a product of " + product.shape() + " with " + refusal
                        + "; -Dwurstchen.operators=off does without it");
            }
            return new Chosen(plan, best);
        } catch (RuntimeException e) {
            plan.close();
            throw e;
        }
    }

    private void forgetOldest() {
        if (plans.size() > MAX_PLANS) {
            ProductKey oldest = plans.keySet().iterator().next();
            plans.remove(oldest).plan().close();
        }
    }

    @Override
    public void close() {
        plans.values().forEach(chosen -> chosen.plan().close());
        plans.clear();
        library.close();
    }
}
