package wurstchen.onnx.internal.common;

import ai.onnxruntime.OrtException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;

/**
 * Lets native work end before the JVM does. With the process, ONNX Runtime destroys what it opens and closes sessions with, and CUDA ends as a
 * whole: a thread that was inside would crash. When the JVM exits and all other shutdown hooks are done, what goes on is waited for, and nothing
 * begins any more. Runs on the CPU need no such care. Thread-safe.
 */
public final class JvmExit {
    /** Longer than a run of a graph, and than opening most; nobody who ends a program wants to wait longer. */
    private static final Duration LONGEST_WAIT = Duration.ofSeconds(5);

    /** Work shares it; whoever has it alone never gives it back. */
    private static final ReadWriteLock WORK = new ReentrantReadWriteLock();

    /** Set before the lock is asked for: work that comes late could overtake who waits for it alone. */
    private static volatile boolean ending;

    static {
        try {
            Runtime.getRuntime().addShutdownHook(new LastHook(JvmExit::end));
        } catch (IllegalStateException e) {
            // The JVM is exiting already, and nothing can be waited for.
        }
    }

    private JvmExit() {}

    /** Work that ends with a result or with what it may throw. */
    @FunctionalInterface
    public interface Work<T, E extends Exception> {
        /** Does the work. */
        T call() throws E;
    }

    /** Something to close. */
    @FunctionalInterface
    public interface Close<E extends Exception> {
        /** Closes it. */
        void close() throws E;
    }

    /** Says that work came too late. */
    public static final class EndingException extends OrtException {
        private static final long serialVersionUID = 1;

        /** What it says. */
        public static final String MESSAGE = "the JVM is exiting";

        EndingException() {
            super(MESSAGE);
        }
    }

    /**
     * Does work, which the JVM waits for when it exits meanwhile.
     *
     * @throws EndingException if the JVM exits already
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

    /** Closes something, which the JVM waits for when it exits meanwhile; if it exits already, what is open ends with the process. */
    public static <E extends Exception> void close(Close<E> closing) throws E {
        try {
            during(() -> {
                closing.close();
                return null;
            });
        } catch (EndingException e) {
            // Nothing is left to do.
        }
    }

    private static void end() {
        ending = true;
        try {
            // Given up after a while: work that hangs must not keep the program.
            WORK.writeLock().tryLock(LONGEST_WAIT.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
