package wurstchen.onnx.internal.cuda;

import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;

/**
 * Keeps every other call away from CUDA while a run is recorded. ONNX Runtime records with cudaStreamCaptureModeGlobal: the recording fails as
 * soon as any thread of the process allocates, frees or copies memory of a GPU, as opening and closing a model do. Source:
 * onnxruntime/core/providers/cuda/cuda_graph.cc. Thread-safe; costs next to nothing where there is no GPU.
 */
public final class CudaCalls {
    /** Who records has it alone. */
    private static final ReadWriteLock LOCK = new ReentrantReadWriteLock();

    private CudaCalls() {}

    /** Calls that end with a result or with what they may throw. */
    @FunctionalInterface
    public interface Calls<T, E extends Exception> {
        /** Makes the calls. */
        T make() throws E;
    }

    /** Calls without a result. */
    @FunctionalInterface
    public interface Work<E extends Exception> {
        /** Makes the calls. */
        void make() throws E;
    }

    /** Makes calls that a recording does not bear; if one goes on, it is waited for, which takes milliseconds. */
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
            return null;
        });
    }

    /**
     * Keeps others away until {@link #endAlone} of the same thread, if none of them is in a call right now: opening a model takes seconds, and a
     * run is better not recorded than kept waiting.
     *
     * @return whether the thread is alone now
     */
    public static boolean tryAlone() {
        return LOCK.writeLock().tryLock();
    }

    /** Lets others call again. */
    public static void endAlone() {
        LOCK.writeLock().unlock();
    }
}
