package wurstchen.onnx.internal.cuda;

import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;

/**
 * Serializes recordings against all other CUDA calls. What other threads queue on the stream meanwhile, as opening a model does, would become a
 * part of the recording. Thread-safe; costs next to nothing where there is no GPU.
 */
public final class CudaCalls {
    /** A recording holds the write lock; all other calls hold the read lock. */
    private static final ReadWriteLock LOCK = new ReentrantReadWriteLock();

    private CudaCalls() {}

    /** CUDA calls that return a result or throw. */
    @FunctionalInterface
    public interface Calls<T, E extends Exception> {
        /** Makes the calls. */
        T make() throws E;
    }

    /** CUDA calls without a result. */
    @FunctionalInterface
    public interface Work<E extends Exception> {
        /** Makes the calls. */
        void make() throws E;
    }

    /** Makes calls that must not run during a recording. If one is in progress, waits for it, which takes milliseconds. */
    public static <T, E extends Exception> T shared(Calls<T, E> calls) throws E {
        LOCK.readLock().lock();
        try {
            return calls.make();
        } finally {
            LOCK.readLock().unlock();
        }
    }

    /** As {@link #shared}. */
    public static <E extends Exception> void share(Work<E> work) throws E {
        shared(() -> {
            work.make();
            return true;
        });
    }

    /**
     * Tries to exclude all other calls until {@link #endAlone} of the same thread. Does not wait for calls in progress: opening a model
     * takes seconds, and it is better not to record a run than to delay it.
     *
     * @return whether all other calls are excluded now
     */
    public static boolean tryAlone() {
        return LOCK.writeLock().tryLock();
    }

    /** Ends the exclusion. */
    public static void endAlone() {
        LOCK.writeLock().unlock();
    }
}
