package wurstchen.onnx.internal.cascade;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import wurstchen.onnx.Golden;
import wurstchen.onnx.GraphSpec;
import wurstchen.onnx.internal.binding.CpuProvider;
import wurstchen.onnx.internal.bundle.VerifiedBundle;
import wurstchen.onnx.internal.common.Closing;
import wurstchen.onnx.internal.graph.BoundSession;
import wurstchen.stage.LatentShape;

/** Which buffers are there again for a later run of their size. */
class StepBufferPoolTest {
    private VerifiedBundle bundle;
    private ImmutableMap<String, BoundSession> sessions;

    @BeforeEach
    void open() {
        bundle = VerifiedBundle.open(Golden.BUNDLE);
        sessions = CascadeSessions.open(bundle, new CpuProvider(1), List.of(GraphSpec.STAGE_C_STEP));
    }

    @AfterEach
    void close() {
        Closing.all(ImmutableList.<AutoCloseable>builder().add(bundle).addAll(sessions.values()).build());
    }

    private StepBufferPool pool() {
        return new StepBufferPool(sessions.get(GraphSpec.STAGE_C_STEP));
    }

    private static StepBuffers.Key key(int side) {
        return new StepBuffers.Key(new LatentShape(1, 16, side, side), 4, ImmutableList.of());
    }

    /** Uses sizes in turn, twice, and says how many of the second time are those of the first. */
    private static long keptOf(StepBufferPool pool, int sizes) {
        List<StepBuffers> first = used(pool, sizes);
        List<StepBuffers> second = used(pool, sizes);
        return second.stream().filter(first::contains).count();
    }

    private static List<StepBuffers> used(StepBufferPool pool, int sizes) {
        ImmutableList.Builder<StepBuffers> used = ImmutableList.builder();
        for (int side = 1; side <= sizes; side++) {
            StepBuffers buffers = pool.take(key(side));
            pool.giveBack(buffers);
            used.add(buffers);
        }
        return used.build();
    }

    @Test
    void twoSizesInTurn_areKept() {
        try (StepBufferPool pool = pool()) {
            assertThat(keptOf(pool, 2)).isEqualTo(2);
            assertThat(keptOf(pool, 3)).isZero();
        }
    }

    @Test
    void buffersOfAClosedPool_areFreed() {
        StepBufferPool pool = pool();
        StepBuffers inUse = pool.take(key(1));
        pool.close();
        pool.giveBack(inUse);
        StepBuffers next = pool.take(key(1));

        assertThat(next).isNotSameAs(inUse);
        next.close();
    }
}
