package wurstchen.onnx.process.soak;

import java.time.Duration;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import wurstchen.Cancellation;
import wurstchen.CancelledException;
import wurstchen.DeadlineExceededException;
import wurstchen.PictureRequest;
import wurstchen.PictureResult;
import wurstchen.PipelineClosedException;
import wurstchen.QueueFullException;
import wurstchen.Wurstchen;
import wurstchen.image.Picture;

/** A client of the service: sends requests of all kinds one after the other, and gives up some of them in all ways. */
final class SoakClient {
    private static final int LONGEST_DELAY_MILLISECONDS = 3_000;

    private final Supplier<Wurstchen> service;
    private final Map<SoakKind, Object> expected;
    private final Picture picture;
    private final ScheduledExecutorService later;
    private final Random random;

    /** How a request may be given up. */
    private enum End {
        NONE,
        CANCELLATION,
        INTERRUPT,
        DEADLINE,
        FUTURE
    }

    SoakClient(
            Supplier<Wurstchen> service, Map<SoakKind, Object> expected, Picture picture, ScheduledExecutorService later, long seed) {
        this.service = service;
        this.expected = expected;
        this.picture = picture;
        this.later = later;
        this.random = new Random(seed);
    }

    /** What a request gave, to be compared bit for bit. */
    static Object made(PictureResult result) {
        return result.stageCLatents().isEmpty() ? result.pictures().stream().map(each -> each.picture()).toList() : result.stageCLatents();
    }

    /**
     * Sends a request.
     *
     * @return how it ended; what may not happen is thrown
     */
    String send() {
        SoakKind kind = SoakKind.values()[random.nextInt(SoakKind.values().length)];
        End end = random.nextBoolean() ? End.NONE : End.values()[random.nextInt(End.values().length)];
        try {
            Object made = made(send(kind.request(picture), end));
            if (!made.equals(expected.get(kind))) {
                throw new IllegalStateException(kind + " gave something else than at first");
            }
            return "picture";
        } catch (PipelineClosedException e) {
            return "closed";
        } catch (DeadlineExceededException e) {
            return allowed(end == End.DEADLINE, "deadline", e);
        } catch (QueueFullException e) {
            return "queue full";
        } catch (CancelledException e) {
            return allowed(end == End.CANCELLATION || end == End.INTERRUPT, "cancelled", e);
        } catch (CancellationException e) {
            return allowed(end == End.FUTURE, "future cancelled", e);
        } finally {
            Thread.interrupted();
        }
    }

    private static String allowed(boolean expected, String outcome, RuntimeException e) {
        if (!expected) {
            throw e;
        }
        return outcome;
    }

    private PictureResult send(PictureRequest.Builder request, End end) {
        long delay = random.nextInt(LONGEST_DELAY_MILLISECONDS);
        switch (end) {
            case DEADLINE -> request.deadline(Duration.ofMillis(1 + delay));
            case CANCELLATION -> {
                Cancellation cancellation = new Cancellation();
                request.cancellation(cancellation);
                later.schedule(cancellation::cancel, delay, TimeUnit.MILLISECONDS);
            }
            default -> {
                // After it was sent, or not at all.
            }
        }
        if (end == End.INTERRUPT) {
            return interrupted(request.build(), delay);
        }
        return end == End.FUTURE ? joined(request.build(), delay) : service.get().generate(request.build());
    }

    private PictureResult interrupted(PictureRequest request, long delay) {
        Thread self = Thread.currentThread();
        var interrupt = later.schedule(self::interrupt, delay, TimeUnit.MILLISECONDS);
        try {
            return service.get().generate(request);
        } finally {
            // One that comes late must not hit the next request.
            if (!interrupt.cancel(false)) {
                await(self);
            }
        }
    }

    private static void await(Thread self) {
        while (!self.isInterrupted()) {
            Thread.onSpinWait();
        }
    }

    private PictureResult joined(PictureRequest request, long delay) {
        CompletableFuture<PictureResult> future = service.get().generateAsync(request);
        later.schedule(() -> future.cancel(true), delay, TimeUnit.MILLISECONDS);
        try {
            return future.join();
        } catch (CompletionException e) {
            if (e.getCause() instanceof RuntimeException cause) {
                throw cause;
            }
            throw e;
        }
    }
}
