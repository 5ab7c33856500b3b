package wurstchen.studio.job;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.UnaryOperator;
import wurstchen.Cancellation;
import wurstchen.image.Picture;
import wurstchen.progress.CascadeStage;
import wurstchen.studio.gallery.GalleryPicture;
import wurstchen.studio.order.Order;

/** An order on its way. Those who watch it wait for its next version. Thread-safe. */
public final class Job {
    private final String id;
    private final long inputBytes;
    private final Presence presence;
    private final Cancellation cancellation = new Cancellation();
    private final List<GalleryPicture> finished = new ArrayList<>();
    private JobState state;
    private Optional<Preview> preview = Optional.empty();
    private long version = 1;
    private int previews;

    Job(String id, Order order, Presence presence) {
        this.id = id;
        this.inputBytes = order.inputBytes();
        this.presence = presence;
        this.state = JobState.waiting(order.pictures());
    }

    /**
     * A version of a job.
     *
     * @param version counts the changes
     * @param state what is known
     * @param preview the last one, if there is any
     */
    public record Snapshot(long version, JobState state, Optional<Preview> preview) {}

    /**
     * Returns the name that clients know it by.
     *
     * @return letters and digits that cannot be guessed
     */
    public String id() {
        return id;
    }

    /**
     * Returns who watches it.
     *
     * @return decides when it was left
     */
    public Presence presence() {
        return presence;
    }

    /**
     * Returns what is known now.
     *
     * @return a snapshot
     */
    public synchronized Snapshot now() {
        return new Snapshot(version, state, preview);
    }

    /**
     * Waits for a change.
     *
     * @param seen the version that the caller knows; 0 for none
     * @param most how long to wait
     * @return a later version, or the same one if nothing happened in time
     * @throws InterruptedException if the thread is
     */
    public synchronized Snapshot await(long seen, Duration most) throws InterruptedException {
        long end = System.nanoTime() + most.toNanos();
        for (long rest = most.toMillis(); version == seen && rest > 0; rest = (end - System.nanoTime()) / 1_000_000) {
            wait(rest);
        }
        return now();
    }

    /** Stops it within a step. A second call does nothing. */
    public void cancel() {
        cancellation.cancel();
    }

    Cancellation cancellation() {
        return cancellation;
    }

    long inputBytes() {
        return inputBytes;
    }

    boolean hasEnded() {
        return now().state().phase().isEnd();
    }

    synchronized void place(int place) {
        if (state.phase() == JobState.Phase.WAITING && (version == 1 || state.place() != place)) {
            change(old -> old.atPlace(place));
        }
    }

    void stage(CascadeStage stage, int step, int steps, int picture, double progress, OptionalDouble secondsLeft) {
        change(old -> old.inStage(stage, step, steps, picture, progress, secondsLeft));
    }

    synchronized void preview(CascadeStage stage, int firstPicture, List<Picture> pictures) {
        previews++;
        preview = Optional.of(new Preview(previews, stage, firstPicture, pictures));
        change(UnaryOperator.identity());
    }

    synchronized void finished(GalleryPicture picture) {
        finished.add(picture);
        change(old -> old.withFinished(finished));
    }

    void say(String message) {
        change(old -> old.withMessage(message));
    }

    synchronized void end(JobState.Phase phase, String message) {
        if (!state.phase().isEnd()) {
            preview = Optional.empty();
            change(old -> old.ended(phase, message));
        }
    }

    synchronized String message() {
        return state.message();
    }

    private synchronized void change(UnaryOperator<JobState> by) {
        state = by.apply(state);
        version++;
        notifyAll();
    }
}
