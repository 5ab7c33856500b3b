package wurstchen.onnx.internal.cuda;

import static java.util.Objects.requireNonNull;

import ai.onnxruntime.OrtException;
import com.google.common.util.concurrent.Uninterruptibles;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import wurstchen.onnx.internal.common.JvmExit;
import wurstchen.onnx.internal.common.OrtWork;

/**
 * The single thread that works with a GPU. ONNX Runtime keeps cuDNN and cuBLAS handles per thread that opens or
 * runs a graph: with one thread there is one of each, and work of several callers queues. An exit of the JVM waits for running work. Must
 * not be called from the device thread itself, which would deadlock. Thread-safe.
 */
public final class DeviceThread implements AutoCloseable {
    private final ExecutorService executor;

    public DeviceThread(String name) {
        executor = Executors.newSingleThreadExecutor(work -> {
            Thread thread = new Thread(work, name);
            thread.setDaemon(true);
            return thread;
        });
    }

    /**
     * Does work on the device thread and waits for it, even when interrupted, because the work's resources must not be freed meanwhile.
     *
     * @throws OrtException if the work throws it, or the JVM is exiting
     */
    public void execute(OrtWork work) throws OrtException {
        Future<Boolean> done = executor.submit(() -> JvmExit.during(() -> {
            work.run();
            return true;
        }));
        try {
            Uninterruptibles.getUninterruptibly(done);
        } catch (ExecutionException e) {
            throw rethrown(requireNonNull(e.getCause()));
        }
    }

    private static OrtException rethrown(Throwable cause) {
        if (cause instanceof RuntimeException failure) {
            throw failure;
        }
        if (cause instanceof Error error) {
            throw error;
        }
        return (OrtException) cause;
    }

    @Override
    public void close() {
        executor.shutdown();
    }
}
