package wurstchen.onnx;

import ai.onnxruntime.OrtException;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;

/**
 * The one thread that works with a GPU. ONNX Runtime keeps cuDNN and cuBLAS handles, and the recordings of CUDA graphs, for each thread that
 * runs a graph: with one thread there is one of each, and work of several callers queues. Thread-safe.
 *
 * <p>When the JVM exits, what is at work is waited for and nothing begins any more: CUDA's libraries end with the process, and must not do so
 * under a thread that is inside them.
 */
final class DeviceThread implements AutoCloseable {
    /** What work says that came too late. */
    static final String ENDING = "the JVM is exiting";

    /** Longer than a run of a graph, except a first one; nobody who ends a program wants to wait longer. */
    private static final Duration LONGEST_WAIT_AT_EXIT = Duration.ofSeconds(5);

    private static final Set<DeviceThread> OPEN = ConcurrentHashMap.newKeySet();

    static {
        try {
            Runtime.getRuntime().addShutdownHook(new Thread(() -> OPEN.forEach(DeviceThread::end), "wurstchen device exit"));
        } catch (IllegalStateException e) {
            // The JVM is exiting already, and nothing can be waited for.
        }
    }

    private final ExecutorService executor;

    DeviceThread(String name) {
        executor = Executors.newSingleThreadExecutor(work -> {
            Thread thread = new Thread(work, name);
            thread.setDaemon(true);
            return thread;
        });
        OPEN.add(this);
    }

    /**
     * Does work and waits for it, also when interrupted: what it works with must not be freed under it.
     *
     * @throws OrtException if the work throws it, or the JVM is exiting
     */
    void execute(NativePlace.OrtWork work) throws OrtException {
        Future<Void> done = submit(work);
        boolean interrupted = false;
        try {
            while (true) {
                try {
                    done.get();
                    return;
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
        } catch (CancellationException e) {
            throw new OrtException(ENDING);
        } catch (ExecutionException e) {
            throw rethrown(e.getCause());
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private Future<Void> submit(NativePlace.OrtWork work) throws OrtException {
        try {
            return executor.submit(() -> {
                work.run();
                return null;
            });
        } catch (RejectedExecutionException e) {
            throw new OrtException(ENDING);
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

    /** Waits for what is at work; what waits for its turn, and what comes later, fails. */
    void end() {
        executor.shutdownNow().forEach(waiting -> ((Future<?>) waiting).cancel(false));
        try {
            executor.awaitTermination(LONGEST_WAIT_AT_EXIT.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() {
        OPEN.remove(this);
        executor.shutdown();
    }
}
