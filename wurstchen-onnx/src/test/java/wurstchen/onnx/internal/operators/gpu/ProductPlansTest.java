package wurstchen.onnx.internal.operators.gpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import wurstchen.WurstchenException;

class ProductPlansTest {
    private static final long STREAM = 9;
    private static final ProductShape SHAPE = new ProductShape(2, 3, 4, Epilogue.BIAS, false, 1);

    private final Library library = new Library();
    private final ProductPlans plans = new ProductPlans(library, ProductTrial.FIRST);

    /** Makes plans of three algorithms, and writes down what runs. */
    private static final class Library implements ProductLibrary {
        final List<String> calls = new ArrayList<>();
        Set<Integer> refusing = Set.of();
        int open;
        boolean closed;

        @Override
        public ProductPlan plan(ProductKey key, long bias) {
            calls.add("plan with bias " + bias);
            open++;
            return new ProductPlan() {
                @Override
                public int algorithms() {
                    return 3;
                }

                @Override
                public Optional<String> run(int algorithm, Product product, long stream) {
                    calls.add("run " + algorithm + " with bias " + product.bias() + " on " + stream);
                    return refusing.contains(algorithm) ? Optional.of("NO (7)") : Optional.empty();
                }

                @Override
                public void close() {
                    open--;
                }
            };
        }

        @Override
        public String description() {
            return "a library";
        }

        @Override
        public void close() {
            closed = true;
        }
    }

    private static Product product(ProductShape shape, long bias) {
        return new Product(shape, 256, 512, bias, 0, 1024);
    }

    @Test
    void plan_isMadeOnce_andUsedWithOtherAddresses() {
        plans.multiply(product(SHAPE, 256), STREAM, false);
        plans.multiply(product(SHAPE, 512), STREAM, false);
        plans.multiply(product(SHAPE, 768), STREAM, true);

        assertThat(library.calls)
                .containsExactly(
                        "plan with bias 256",
                        // The first product is computed by the trial already.
                        "run 0 with bias 256 on 9",
                        "run 0 with bias 256 on 9",
                        "run 0 with bias 512 on 9",
                        "run 0 with bias 768 on 9");
    }

    @Test
    void otherShapeOrAlignment_getsItsOwnPlan() {
        plans.multiply(product(SHAPE, 256), STREAM, false);
        plans.multiply(product(new ProductShape(2, 3, 5, Epilogue.BIAS, false, 1), 256), STREAM, false);
        plans.multiply(product(SHAPE, 258), STREAM, false);

        assertThat(library.open).isEqualTo(3);
    }

    @Test
    void firstAlgorithmThatTakesTheProduct_isChosen() {
        library.refusing = Set.of(0, 1);
        plans.multiply(product(SHAPE, 256), STREAM, false);
        plans.multiply(product(SHAPE, 512), STREAM, false);

        assertThat(library.calls).endsWith("run 2 with bias 256 on 9", "run 2 with bias 256 on 9", "run 2 with bias 512 on 9");
    }

    @Test
    void productThatNoAlgorithmTakes_isAFailure_andKeepsNothing() {
        library.refusing = Set.of(0, 1, 2);

        assertThatThrownBy(() -> plans.multiply(product(SHAPE, 256), STREAM, false))
                .isInstanceOf(WurstchenException.class)
                .hasMessage("a library refuses a product of [2,3] x [3,4], epilogue BIAS with NO (7); -Dwurstchen.operators=off does without it");
        assertThat(library.open).isZero();
    }

    @Test
    void newShapeWhileRecording_isAFailure_andMakesNoPlan() {
        assertThatThrownBy(() -> plans.multiply(product(SHAPE, 256), STREAM, true))
                .isInstanceOf(WurstchenException.class)
                .hasMessage("a product of [2,3] x [3,4], epilogue BIAS is recorded before it was ever computed");
        assertThat(library.calls).isEmpty();
    }

    @Test
    void plansNotUsedForLongest_areForgotten() {
        for (int i = 0; i < ProductPlans.MAX_PLANS; i++) {
            plans.multiply(product(new ProductShape(i + 1, 3, 4, Epilogue.NONE, false, 1), 0), STREAM, false);
        }
        plans.multiply(product(new ProductShape(1, 3, 4, Epilogue.NONE, false, 1), 0), STREAM, false);
        plans.multiply(product(new ProductShape(1, 3, 5, Epilogue.NONE, false, 1), 0), STREAM, false);

        assertThat(library.open).isEqualTo(ProductPlans.MAX_PLANS);
        library.calls.clear();
        plans.multiply(product(new ProductShape(1, 3, 4, Epilogue.NONE, false, 1), 0), STREAM, false);
        assertThat(library.calls).containsExactly("run 0 with bias 0 on 9");
        plans.multiply(product(new ProductShape(2, 3, 4, Epilogue.NONE, false, 1), 0), STREAM, false);
        assertThat(library.calls).contains("plan with bias 0");
    }

    @Test
    void close_closesPlansAndLibrary() {
        plans.multiply(product(SHAPE, 256), STREAM, false);
        plans.close();

        assertThat(library.open).isZero();
        assertThat(library.closed).isTrue();
    }

    @Test
    void timedTrial_choosesTheFastestThatTakesTheProduct() {
        library.refusing = Set.of(1);
        double[] times = {3, 2, 1};
        int[] next = {0};
        ProductTrial timed = ProductTrial.timed((stream, work) -> {
            work.run();
            // Algorithm 1 is not measured.
            return times[next[0]++ == 0 ? 0 : 2];
        });
        ProductPlans measured = new ProductPlans(library, timed);

        measured.multiply(product(SHAPE, 256), STREAM, false);
        measured.multiply(product(SHAPE, 512), STREAM, false);

        assertThat(library.calls)
                .containsExactly(
                        "plan with bias 256",
                        "run 0 with bias 256 on 9",
                        "run 0 with bias 256 on 9",
                        "run 1 with bias 256 on 9",
                        "run 2 with bias 256 on 9",
                        "run 2 with bias 256 on 9",
                        "run 2 with bias 256 on 9",
                        "run 2 with bias 512 on 9");
    }
}
