package wurstchen.onnx.internal.common;

import ai.onnxruntime.OrtException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;

/**
 * Delays the exit of the JVM until native work is done. At process exit, ONNX Runtime destroys the objects that it uses to open and close
 * sessions, and CUDA shuts down: a thread inside either would crash. When the JVM exits and all other shutdown hooks have finished, running
 * work is waited for and new work is refused. Runs on the CPU do not need this. Thread-safe.
 */
public final class JvmExit {
    /**
     * Longer than one run of a graph and than most sessions take to open, and short enough for a user who waits for the program to end.
     */
    private static final Duration LONGEST_WAIT = Duration.ofSeconds(5);

    /** Work holds the read lock. The exit takes the write lock and never releases it. */
    private static final ReadWriteLock WORK = new ReentrantReadWriteLock();

    /** Set before the write lock is requested, because a late {@code tryLock} of the read lock could succeed before a waiting writer. */
    private static volatile boolean ending;

    static {
        try {
            Runtime.getRuntime().addShutdownHook(new LastHook(JvmExit::end));
        } catch (IllegalStateException e) {
            // The JVM is already exiting: nothing can be waited for.
        }
    }

    private JvmExit() {}

    /** Work that returns a result or throws. */
    @FunctionalInterface
    public interface Work<T, E extends Exception> {
        /** Does the work. */
        T call() throws E;
    }

    /** A resource to close. */
    @FunctionalInterface
    public interface Close<E extends Exception> {
        /** Closes the resource. */
        void close() throws E;
    }

    /** Thrown when work is refused because the JVM is exiting. */
    public static final class EndingException extends OrtException {
        private static final long serialVersionUID = 1;

        /** The message. */
        public static final String MESSAGE = "the JVM is exiting";

        EndingException() {
            super(MESSAGE);
        }
    }

    /**
     * Does work that an exit of the JVM waits for.
     *
     * @throws EndingException if the JVM is already exiting
     */
    public static <T, E extends Exception> T during(Work<T, E> work) throws E, EndingException {
        if (ending || !WORK.readLock().tryLock()) {
            throw new EndingException();
        }
        try {
            return work.call();
        } finally {
            WORK.readLock().unlock();
        }
    }

    /**
     * Closes a resource; an exit of the JVM waits for it. If the JVM is already exiting, does nothing: the resource ends with the process.
     */
    public static <E extends Exception> void close(Close<E> closing) throws E {
        try {
            during(() -> {
                closing.close();
                return true;
            });
        } catch (EndingException e) {
            // The process ends, and the resource with it.
        }
    }

    private static void end() {
        ending = true;
        try {
            // Wait for a limited time, so that work that hangs does not keep the process alive.
            WORK.writeLock().tryLock(LONGEST_WAIT.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
