package wurstchen.onnx;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import wurstchen.Wurstchen;
import wurstchen.WurstchenException;

/** Opens a pipeline on another thread, so that the caller can stop waiting for it. What nobody waits for is closed as soon as it is open. */
final class LimitedOpening {
    private static final String THREAD = "wurstchen opening";

    private LimitedOpening() {}

    /**
     * Opens a pipeline.
     *
     * @throws WurstchenException if it takes longer than the limit, or this thread is interrupted, which it stays
     */
    static Wurstchen within(Duration limit, Supplier<Wurstchen> open) {
        CompletableFuture<Wurstchen> opening = CompletableFuture.supplyAsync(open, work -> {
            Thread thread = new Thread(work, THREAD);
            thread.setDaemon(true);
            thread.start();
        });
        try {
            return opening.get(limit.toNanos(), TimeUnit.NANOSECONDS);
        } catch (TimeoutException e) {
            opening.thenAccept(Wurstchen::close);
            throw new WurstchenException("opening the model took longer than " + limit + "; allow more time with openingTime", e);
        } catch (InterruptedException e) {
            opening.thenAccept(Wurstchen::close);
            Thread.currentThread().interrupt();
            throw new WurstchenException("interrupted while the model was opened", e);
        } catch (ExecutionException e) {
            throw rethrown(e);
        }
    }

    private static RuntimeException rethrown(ExecutionException failure) {
        Throwable cause = failure.getCause();
        if (cause instanceof Error error) {
            throw error;
        }
        return cause instanceof RuntimeException exception ? exception : new WurstchenException("the model cannot be opened", failure);
    }
}
