package wurstchen.progress;

import static com.google.common.base.Preconditions.checkNotNull;
import static com.google.common.base.Preconditions.checkState;
import static java.util.Objects.requireNonNull;

import com.google.common.base.Throwables;
import com.google.common.util.concurrent.ThreadFactoryBuilder;
import com.google.common.util.concurrent.Uninterruptibles;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Consumer;

/**
 * Hands values, such as finished pictures, to a consumer on a thread of its own, in their order: files are encoded and written while the next
 * pictures are made.
 *
 * {@snippet class="wurstchen.snippets.ServiceSnippetsTest" region="handover"}
 *
 * <p>At most {@value #MOST_WAITING} values wait; who hands over more waits for the consumer. For one thread, which also closes it.
 *
 * @param <T> what is handed over
 */
public final class Handover<T> implements Consumer<T>, AutoCloseable {
    /** The most values that wait for the consumer. */
    public static final int MOST_WAITING = 8;

    private final Consumer<? super T> consumer;
    private final ExecutorService thread = Executors.newSingleThreadExecutor(
            new ThreadFactoryBuilder().setNameFormat("wurstchen-handover").setDaemon(true).build());
    private final Deque<Future<?>> handedOver = new ArrayDeque<>();

    /** On the consumer's thread only. */
    private boolean failed;

    private Handover(Consumer<? super T> consumer) {
        this.consumer = consumer;
    }

    /**
     * Creates a handover.
     *
     * @param <T> what is handed over
     * @param consumer takes each value, on one daemon thread; after it has thrown, it gets no more
     * @return the handover, to be closed by the caller
     */
    public static <T> Handover<T> to(Consumer<? super T> consumer) {
        return new Handover<>(checkNotNull(consumer, "consumer"));
    }

    /**
     * Hands a value over.
     *
     * @throws IllegalStateException if the handover is closed, or the consumer has failed before
     * @throws RuntimeException what the consumer threw at an earlier value
     */
    @Override
    public void accept(T value) {
        checkState(!thread.isShutdown(), "this handover is closed, or its consumer has failed");
        while (!handedOver.isEmpty() && (handedOver.size() > MOST_WAITING || handedOver.element().isDone())) {
            awaitFirst();
        }
        handedOver.add(thread.submit(() -> take(value)));
    }

    private void take(T value) {
        if (!failed) {
            // Until the consumer has returned.
            failed = true;
            consumer.accept(value);
            failed = false;
        }
    }

    /**
     * Waits until the consumer has taken everything.
     *
     * @throws RuntimeException what the consumer threw
     */
    public void await() {
        while (!handedOver.isEmpty()) {
            awaitFirst();
        }
    }

    private void awaitFirst() {
        try {
            Uninterruptibles.getUninterruptibly(handedOver.remove());
        } catch (ExecutionException e) {
            // What waits behind the failure is dropped, and the failure is thrown once.
            thread.shutdownNow();
            handedOver.clear();
            // The consumer throws nothing that is checked.
            Throwable failure = requireNonNull(e.getCause());
            Throwables.throwIfUnchecked(failure);
            throw new IllegalStateException(failure);
        }
    }

    /**
     * Waits until the consumer has taken everything; a second call does nothing.
     *
     * @throws RuntimeException what the consumer threw, if nobody has been told
     */
    @Override
    public void close() {
        try {
            await();
        } finally {
            thread.shutdown();
        }
    }
}
