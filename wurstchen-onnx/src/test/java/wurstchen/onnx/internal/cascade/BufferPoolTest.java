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
class BufferPoolTest {
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

    private BufferPool<StepBuffers.Key, StepBuffers> pool() {
        BoundSession step = sessions.get(GraphSpec.STAGE_C_STEP);
        return new BufferPool<>(StepBuffers.MAX_KEPT, key -> new StepBuffers(step, key));
    }

    private static StepBuffers.Key key(int side) {
        return new StepBuffers.Key(new LatentShape(1, 16, side, side), 4, ImmutableList.of());
    }

    /** Uses sizes in turn, twice, and says how many of the second time are those of the first. */
    private static long keptOf(BufferPool<StepBuffers.Key, StepBuffers> pool, int sizes) {
        List<StepBuffers> first = used(pool, sizes);
        List<StepBuffers> second = used(pool, sizes);
        return second.stream().filter(first::contains).count();
    }

    private static StepBuffers usedOne(BufferPool<StepBuffers.Key, StepBuffers> pool, int side) {
        StepBuffers buffers = pool.take(key(side));
        pool.giveBack(buffers);
        return buffers;
    }

    private static List<StepBuffers> used(BufferPool<StepBuffers.Key, StepBuffers> pool, int sizes) {
        ImmutableList.Builder<StepBuffers> used = ImmutableList.builder();
        for (int side = 1; side <= sizes; side++) {
            used.add(usedOne(pool, side));
        }
        return used.build();
    }

    @Test
    void someSizesInTurn_areKept() {
        try (BufferPool<StepBuffers.Key, StepBuffers> pool = pool()) {
            assertThat(keptOf(pool, StepBuffers.MAX_KEPT)).isEqualTo(StepBuffers.MAX_KEPT);
            assertThat(keptOf(pool, StepBuffers.MAX_KEPT + 1)).isZero();
        }
    }

    @Test
    void twoLargeSizesInTurn_areKept_butNoMore() {
        // Two latents and four draws of 16 channels, 4 bytes each.
        int large = 1800;
        try (BufferPool<StepBuffers.Key, StepBuffers> pool = pool()) {
            StepBuffers first = usedOne(pool, large);
            StepBuffers second = usedOne(pool, large + 1);
            assertThat(first.bytes()).isEqualTo(6L * 16 * 4 * large * large + 4 * (4 * 5 + 1) + 4 * 8);
            assertThat(usedOne(pool, large)).isSameAs(first);
            assertThat(usedOne(pool, large + 1)).isSameAs(second);
            usedOne(pool, large + 2);
            assertThat(usedOne(pool, large)).isNotSameAs(first);
        }
    }

    @Test
    void buffersOfAClosedPool_areFreed() {
        BufferPool<StepBuffers.Key, StepBuffers> pool = pool();
        StepBuffers inUse = pool.take(key(1));
        pool.close();
        pool.giveBack(inUse);
        StepBuffers next = pool.take(key(1));

        assertThat(next).isNotSameAs(inUse);
        next.close();
    }
}
