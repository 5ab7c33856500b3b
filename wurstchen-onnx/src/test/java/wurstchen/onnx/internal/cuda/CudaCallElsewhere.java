package wurstchen.onnx.internal.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/** Another thread in a {@linkplain CudaCalls#shared shared call} to CUDA. */
public final class CudaCallElsewhere {
    private static final int HANGS_AFTER_SECONDS = 10;

    private CudaCallElsewhere() {}

    /** Does work while the other thread is in its call; fails if that ends before. */
    public static <E extends Exception> void during(CudaCalls.Work<E> work) throws E, InterruptedException {
        ExecutorService other = Executors.newSingleThreadExecutor();
        CountDownLatch entered = new CountDownLatch(1);
        CountDownLatch leave = new CountDownLatch(1);
        try {
            Future<Boolean> call = other.submit(() -> CudaCalls.shared(() -> {
                entered.countDown();
                return leave.await(HANGS_AFTER_SECONDS, TimeUnit.SECONDS);
            }));
            assertThat(entered.await(HANGS_AFTER_SECONDS, TimeUnit.SECONDS)).isTrue();

            work.make();

            leave.countDown();
            assertThat(call).succeedsWithin(HANGS_AFTER_SECONDS, TimeUnit.SECONDS).isEqualTo(true);
        } finally {
            other.shutdownNow();
        }
    }
}
