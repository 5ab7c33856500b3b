package wurstchen;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import wurstchen.internal.Alarm;
import wurstchen.internal.Registration;
import wurstchen.internal.RequestQueue;
import wurstchen.internal.RevocableAction;
import wurstchen.internal.StageMeter;
import wurstchen.internal.StopSignal.Reason;
import wurstchen.internal.StopSignal;

/** One request from its arrival to its end: it waits in the queue, has its turn, and is over. Can be stopped at any time by any thread. */
final class Generation {
    private final Wurstchen pipeline;
    private final PictureRequest request;
    private final PictureSettings settings;
    /** Empty for a request that a listener makes on the thread that is inside already. */
    private final Optional<RequestQueue.Ticket> ticket;

    private final StopSignal signal = new StopSignal();
    private final AtomicBoolean taken = new AtomicBoolean();
    private final List<Registration> registrations = new ArrayList<>();
    private boolean over;

    Generation(Wurstchen pipeline, PictureRequest request, PictureSettings settings, Optional<RequestQueue.Ticket> ticket) {
        this.pipeline = pipeline;
        this.request = request;
        this.settings = settings;
        this.ticket = ticket;
    }

    /** Begins to listen to what may stop the request, until it is over. */
    void listen() {
        ticket.ifPresent(place -> add(signal.onStop(() -> pipeline.queue().giveUp(place))));
        request.cancellation().ifPresent(sender -> add(sender.onCancel(() -> stop(Reason.CANCELLED))));
        request.deadline().ifPresent(time -> add(Alarm.after(time, () -> stop(Reason.DEADLINE))));
    }

    private synchronized void add(Registration registration) {
        if (over) {
            registration.close();
        } else {
            registrations.add(registration);
        }
    }

    void stop(Reason why) {
        signal.stop(why);
    }

    /** Waits for the turn, makes the pictures on this thread, and ends the request. */
    PictureResult call() {
        try {
            if (!enter()) {
                throw stoppedBeforeFirstStep();
            }
            try {
                return run();
            } finally {
                if (pipeline.queue().leave()) {
                    pipeline.closeResources();
                }
            }
        } finally {
            end();
        }
    }

    private UnfinishedRequestException stoppedBeforeFirstStep() {
        return new RequestEnd(request, FinishedPictures.none()).beforeFirstStep(signal);
    }

    private boolean enter() {
        if (ticket.isEmpty()) {
            return true;
        }
        try {
            return pipeline.queue().await(ticket.get());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            stop(Reason.INTERRUPTED);
            return false;
        }
    }

    private PictureResult run() {
        CascadeLoop loop = pipeline.loop();
        RunProgress progress = new RunProgress(request, settings, new StageMeter(loop.engine()), signal);
        RevocableAction stopEngine = new RevocableAction(loop.engine()::stop);
        add(signal.onStop(stopEngine));
        try {
            return loop.run(request, settings, progress);
        } catch (RuntimeException e) {
            if (signal.reason().equals(Optional.of(Reason.INTERRUPTED))) {
                // A stage may have cleared the flag.
                Thread.currentThread().interrupt();
            }
            throw new RequestEnd(request, progress.finished()).because(e, progress, signal);
        } catch (Error e) {
            new RequestEnd(request, progress.finished()).addTo(e);
            throw e;
        } finally {
            stopEngine.close();
        }
    }

    /**
     * Has the pictures made by an executor when it is this request's turn.
     *
     * @return completed once the request is over; whoever completes it before stops the request
     */
    CompletableFuture<PictureResult> callBy(Executor executor) {
        CompletableFuture<PictureResult> future = new CompletableFuture<>();
        future.whenComplete((result, failure) -> stop(Reason.CANCELLED));
        add(signal.onStop(() -> giveUp(future, stoppedBeforeFirstStep())));
        ticket.orElseThrow().next().thenRunAsync(() -> complete(future), executor).exceptionally(rejected -> {
            giveUp(future, Objects.requireNonNullElse(rejected.getCause(), rejected));
            return null;
        });
        pipeline.queue().offer();
        return future;
    }

    private void complete(CompletableFuture<PictureResult> future) {
        if (!taken.compareAndSet(false, true)) {
            return;
        }
        try {
            future.complete(call());
        } catch (Throwable e) {
            future.completeExceptionally(e);
        }
    }

    /** Ends the request if no thread has begun with it. What depends on the future does not run on this thread, which may be a timer's. */
    private void giveUp(CompletableFuture<PictureResult> future, Throwable why) {
        if (!taken.compareAndSet(false, true)) {
            return;
        }
        pipeline.queue().giveUp(ticket.orElseThrow());
        end();
        CompletableFuture.runAsync(() -> future.completeExceptionally(why));
    }

    private void end() {
        List<Registration> toClose;
        synchronized (this) {
            over = true;
            toClose = List.copyOf(registrations);
            registrations.clear();
        }
        toClose.forEach(Registration::close);
        pipeline.ended(this);
    }
}
