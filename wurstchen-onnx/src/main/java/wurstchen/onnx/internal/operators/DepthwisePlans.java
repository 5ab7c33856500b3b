package wurstchen.onnx.internal.operators;

import com.google.common.cache.Cache;
import com.google.common.cache.CacheBuilder;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import wurstchen.onnx.internal.operators.gpu.GpuWork;

/** Remembers plans: finding one looks at thousands. Thread-safe. */
final class DepthwisePlans {
    private static final int MOST = 1000;

    private static final Cache<Key, Optional<DepthwisePlan>> KNOWN = CacheBuilder.newBuilder().maximumSize(MOST).build();

    private record Key(DepthwisePlan.Kind kind, MapShape maps, int multiprocessors, int sharedBytes) {}

    private DepthwisePlans() {}

    /** As {@link DepthwisePlan#of}. */
    static Optional<DepthwisePlan> of(DepthwisePlan.Kind kind, MapShape maps, GpuWork gpu) {
        try {
            return KNOWN.get(new Key(kind, maps, gpu.multiprocessors(), gpu.sharedBytes()), () -> DepthwisePlan.of(kind, maps, gpu));
        } catch (ExecutionException e) {
            throw new AssertionError("a plan throws no checked exception", e);
        }
    }
}
