package wurstchen.onnx.internal.fetch;

import com.google.common.collect.Queues;
import java.io.IOException;
import java.net.http.HttpResponse.BodySubscriber;
import java.net.http.HttpTimeoutException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The body of a response, read with a time limit for each read: Java's input stream of a response waits for ever. Filled by the client's
 * threads, read by one thread.
 */
final class TimedBody implements BodySubscriber<TimedBody> {
    private final BlockingQueue<Event> events = Queues.newLinkedBlockingQueue();
    private final Deque<ByteBuffer> buffers = new ArrayDeque<>();
    private volatile Flow.@Nullable Subscription subscription;
    private @Nullable Event last;

    /** Bytes, or the end: with a failure if the body is not complete. */
    private record Event(List<ByteBuffer> bytes, boolean end, @Nullable Throwable failure) {}

    @Override
    public CompletionStage<TimedBody> getBody() {
        return CompletableFuture.completedFuture(this);
    }

    @Override
    public void onSubscribe(Flow.Subscription given) {
        subscription = given;
        given.request(1);
    }

    @Override
    public void onNext(List<ByteBuffer> bytes) {
        events.add(new Event(List.copyOf(bytes), false, null));
    }

    @Override
    public void onError(Throwable failure) {
        events.add(new Event(List.of(), true, failure));
    }

    @Override
    public void onComplete() {
        events.add(new Event(List.of(), true, null));
    }

    /**
     * Reads some bytes.
     *
     * @param target filled from its beginning
     * @param length how many at most, at least 1
     * @param most how long to wait for the first of them
     * @return how many were read, at least 1; -1 at the end
     * @throws IOException if the body breaks off, or nothing comes in time
     */
    int read(byte[] target, int length, Duration most) throws IOException, InterruptedException {
        while (true) {
            ByteBuffer next = buffers.peek();
            if (next == null) {
                if (!fill(most)) {
                    return -1;
                }
            } else if (!next.hasRemaining()) {
                buffers.remove();
            } else {
                int read = Math.min(next.remaining(), length);
                next.get(target, 0, read);
                return read;
            }
        }
    }

    /** Takes what comes next; returns false at the end. */
    private boolean fill(Duration most) throws IOException, InterruptedException {
        Event event = last != null ? last : events.poll(most.toNanos(), TimeUnit.NANOSECONDS);
        if (event == null) {
            cancel();
            throw new HttpTimeoutException("no byte came for " + most);
        }
        if (event.end()) {
            last = event;
            if (event.failure() != null) {
                throw new IOException(event.failure().getMessage(), event.failure());
            }
            return false;
        }
        buffers.addAll(event.bytes());
        Flow.Subscription source = subscription;
        if (source != null) {
            source.request(1);
        }
        return true;
    }

    /** Ends the transfer, and with it the connection. */
    void cancel() {
        Flow.Subscription source = subscription;
        if (source != null) {
            source.cancel();
        }
    }
}
