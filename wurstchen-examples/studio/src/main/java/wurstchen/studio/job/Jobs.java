package wurstchen.studio.job;

import com.google.common.io.BaseEncoding;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import wurstchen.CancelledException;
import wurstchen.DroppedText;
import wurstchen.PictureRequest;
import wurstchen.PictureResult;
import wurstchen.PipelineClosedException;
import wurstchen.Wurstchen;
import wurstchen.WurstchenException;
import wurstchen.progress.Previews;
import wurstchen.studio.Limits;
import wurstchen.studio.gallery.Gallery;
import wurstchen.studio.order.Order;
import wurstchen.studio.order.RefusedOrder;

/** All jobs: those that wait for the pipeline, the one that it draws, and the last ones that have ended. Thread-safe. */
public final class Jobs implements AutoCloseable {
    private static final Logger LOG = System.getLogger("wurstchen");

    /** Jobs that have ended and can still be asked for. */
    private static final int KEPT = 128;

    /** Previews of a stage, about: more would only take time. */
    private static final int PREVIEWS = 20;

    private static final int ID_BYTES = 16;
    private static final long PRESENCE_CHECKED_MILLIS = 500;

    private final Wurstchen pipeline;
    private final Gallery gallery;
    private final Limits limits;
    private final TimeLeft times = new TimeLeft();
    private final SecureRandom random = new SecureRandom();
    private final Map<String, Job> byId = new LinkedHashMap<>();
    private final ExecutorService drawing = Executors.newSingleThreadExecutor(task -> daemon(task, "studio-drawing"));
    private final ScheduledExecutorService presence =
            Executors.newSingleThreadScheduledExecutor(task -> daemon(task, "studio-presence"));

    /**
     * Creates the queue of a pipeline.
     *
     * @param pipeline draws; stays the caller's
     * @param gallery takes the pictures
     * @param limits how many jobs there may be
     */
    public Jobs(Wurstchen pipeline, Gallery gallery, Limits limits) {
        this.pipeline = pipeline;
        this.gallery = gallery;
        this.limits = limits;
        presence.scheduleWithFixedDelay(this::cancelLeft, PRESENCE_CHECKED_MILLIS, PRESENCE_CHECKED_MILLIS, TimeUnit.MILLISECONDS);
    }

    private static Thread daemon(Runnable task, String name) {
        Thread thread = new Thread(task, name);
        thread.setDaemon(true);
        return thread;
    }

    /**
     * Accepts an order.
     *
     * @param order what to draw
     * @return the job, which waits or is drawn
     * @throws RefusedOrder if the model cannot draw it, or too much is waiting, or the disk is full
     */
    public Job submit(Order order) {
        checkDisk();
        Job job = register(order);
        try {
            order.inputs().forEach(gallery.inputs()::add);
            List<CompletableFuture<PictureResult>> parts = start(job, order);
            CompletableFuture.allOf(parts.toArray(CompletableFuture[]::new)).whenComplete((none, failure) -> ended(job, parts, failure));
            parts.forEach(part -> part.whenComplete((result, failure) -> {
                if (failure != null) {
                    job.cancel();
                }
            }));
        } catch (RuntimeException e) {
            job.cancel();
            forget(job);
            throw e instanceof IllegalArgumentException || e instanceof IllegalStateException ? new RefusedOrder(400, e.getMessage()) : e;
        }
        updatePlaces();
        return job;
    }

    private void checkDisk() {
        long free = gallery.freeBytes();
        if (free < limits.freeDiskBytes()) {
            throw new RefusedOrder(507, "the gallery's disk has " + (free >> 20) + " MB left, " + (limits.freeDiskBytes() >> 20)
                    + " MB must stay free: delete pictures, or start the studio with another --gallery");
        }
    }

    private synchronized Job register(Order order) {
        List<Job> open = open();
        if (open.size() >= limits.jobs()) {
            throw new RefusedOrder(503, open.size() + " jobs are waiting, no more are taken: try again later");
        }
        long held = open.stream().mapToLong(Job::inputBytes).sum();
        if (held + order.inputBytes() > limits.heldInputBytes()) {
            throw new RefusedOrder(503, "the pictures of jobs that wait take " + (held >> 20) + " MB, at most " + (limits.heldInputBytes() >> 20)
                    + " MB are held: try again later, or begin with a smaller picture");
        }
        byte[] id = new byte[ID_BYTES];
        random.nextBytes(id);
        Job job = new Job(BaseEncoding.base16().lowerCase().encode(id), order, new Presence(order.cancelWhenLeft(), System::nanoTime));
        byId.put(job.id(), job);
        dropOldest();
        return job;
    }

    private void dropOldest() {
        List<Job> ended = byId.values().stream().filter(Job::hasEnded).toList();
        ended.stream().limit(Math.max(0, ended.size() - KEPT)).forEach(old -> byId.remove(old.id()));
    }

    private List<CompletableFuture<PictureResult>> start(Job job, Order order) {
        List<CompletableFuture<PictureResult>> parts = new ArrayList<>();
        int picturesBefore = 0;
        for (PictureRequest request : order.requests()) {
            JobListener listener = new JobListener(
                    job, times, parts.size(), order.requests().size(), picturesBefore, request.pictures(), request.settings(pipeline.defaults()));
            PictureRequest.Builder watched = request.toBuilder()
                    .cancellation(job.cancellation())
                    .listener(listener)
                    .consumer(picture -> job.finished(gallery.add(picture)));
            if (pipeline.parts().projectionC().isPresent()) {
                watched.previews(Previews.every(previewSteps(request)));
            }
            parts.add(pipeline.generateAsync(watched.build(), drawing));
            picturesBefore += request.pictures();
        }
        return parts;
    }

    private int previewSteps(PictureRequest request) {
        return Math.max(1, request.settings(pipeline.defaults()).stageCTimesteps().steps() / PREVIEWS);
    }

    private void ended(Job job, List<CompletableFuture<PictureResult>> parts, Throwable failure) {
        if (failure == null) {
            job.end(JobState.Phase.DONE, dropped(parts));
        } else {
            fail(job, firstFailure(parts, failure));
        }
        updatePlaces();
    }

    /** Of several, the first one that was no consequence of another. */
    private static Throwable firstFailure(List<CompletableFuture<PictureResult>> parts, Throwable last) {
        return parts.stream()
                .filter(CompletableFuture::isCompletedExceptionally)
                .map(part -> part.handle((result, failure) -> cause(failure)).join())
                .filter(failure -> !(failure instanceof CancelledException))
                .findFirst()
                .orElse(cause(last));
    }

    private static Throwable cause(Throwable failure) {
        return failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
    }

    private static void fail(Job job, Throwable failure) {
        if (failure instanceof CancelledException || failure instanceof CancellationException) {
            job.end(JobState.Phase.CANCELLED, "");
        } else if (failure instanceof PipelineClosedException || failure instanceof RejectedExecutionException) {
            job.end(JobState.Phase.FAILED, "the studio is shutting down");
        } else if (failure instanceof WurstchenException) {
            LOG.log(Level.WARNING, "a job failed", failure);
            job.end(JobState.Phase.FAILED, failure.getMessage());
        } else {
            LOG.log(Level.ERROR, "a job failed unexpectedly", failure);
            job.end(JobState.Phase.FAILED, failure instanceof OutOfMemoryError
                    ? "Java's memory is full: draw fewer pictures at a time, or smaller ones, or start the studio with a larger -Xmx"
                    : "an unexpected failure, which the studio's log describes");
        }
    }

    private static String dropped(List<CompletableFuture<PictureResult>> parts) {
        return parts.stream()
                .flatMap(part -> part.join().droppedTexts().stream())
                .findFirst()
                .map(DroppedText::dropped)
                .map(text -> "the prompt is too long; this was dropped: " + text)
                .orElse("");
    }

    /**
     * Finds a job.
     *
     * @param id as a client says
     * @return the job, unless it ended long ago
     */
    public synchronized Optional<Job> find(String id) {
        return Optional.ofNullable(byId.get(id));
    }

    /**
     * Counts the jobs that have not ended.
     *
     * @return those that wait and the one that is drawn
     */
    public synchronized int openJobs() {
        return open().size();
    }

    private List<Job> open() {
        return byId.values().stream().filter(job -> !job.hasEnded()).toList();
    }

    private synchronized void forget(Job job) {
        byId.remove(job.id());
    }

    private synchronized void updatePlaces() {
        int place = 0;
        for (Job job : open()) {
            job.place(place);
            place++;
        }
    }

    private void cancelLeft() {
        List<Job> open;
        synchronized (this) {
            open = open();
        }
        open.stream().filter(job -> job.presence().isLeft()).forEach(Job::cancel);
    }

    /** Cancels all jobs. Does not wait for them, and leaves the pipeline open. */
    @Override
    public void close() {
        presence.shutdownNow();
        synchronized (this) {
            byId.values().forEach(Job::cancel);
        }
        drawing.shutdown();
    }
}
