package wurstchen.onnx.internal.operators.gpu;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.collect.ImmutableList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class StreamWorkTest {
    private static final long STREAM = 5;
    private static final Launch LAUNCH = Launch.of("plain", 3, 2, 1, 64, 7L);

    private final DriverLog driver = new DriverLog();

    private StreamWork open(boolean overlap) {
        KernelModule module = KernelModule.load(driver, ImmutableList.of(KernelSpec.of("plain")));
        return new StreamWork(driver, module, overlap, new ProductPlans(new NoProducts(), ProductTrial.FIRST), STREAM);
    }

    private static final class NoProducts implements ProductLibrary {
        @Override
        public ProductPlan plan(ProductKey key, long bias) {
            throw new UnsupportedOperationException();
        }

        @Override
        public String description() {
            return "no products";
        }

        @Override
        public void close() {}
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void launches_overlap_ifThatWasDecided(boolean overlap) {
        StreamWork work = open(overlap);
        driver.calls.clear();
        work.launch(LAUNCH);

        String how = overlap ? "launch overlapping " : "launch ";
        assertThat(driver.calls).containsExactly(how + "plain".hashCode() + " on 5: " + LAUNCH);
    }

    @Test
    void zeros_areMadeBeforeTheFirstLaunch_onTheSameStream() {
        StreamWork work = open(true);
        List<String> opened = List.copyOf(driver.calls);
        driver.recording = true;
        long zeros = work.zeros(64 << 10);

        assertThat(opened).endsWith("allocate 1048576", "zero 1048576 on 5");
        assertThat(driver.allocated).containsKey(zeros);
    }
}
