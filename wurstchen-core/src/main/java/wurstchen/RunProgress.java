package wurstchen;

/** How far a request is, for its durations, its transfers and the message of its cancellation. For the generating thread. */
final class RunProgress {
    private final StageMeter meter;
    private final Cancellation cancellation;
    private CascadeStage stage = CascadeStage.TEXT;
    private int stepsDone;
    private int steps;

    RunProgress(StageMeter meter, Cancellation cancellation) {
        this.meter = meter;
        this.cancellation = cancellation;
    }

    StageMeter meter() {
        return meter;
    }

    /** Begins a phase of a stage, unless the request is cancelled. */
    void start(CascadeStage next, StagePhase phase) {
        if (next != stage) {
            stepsDone = 0;
            steps = 0;
        }
        stage = next;
        meter.start(next, phase);
        checkNotCancelled();
    }

    /** Notes a step that was done. */
    void step(int done, int of) {
        stepsDone = done;
        steps = of;
    }

    void checkNotCancelled() {
        if (cancellation.isCancelled()) {
            throw cancelled(null);
        }
    }

    /** What to throw for a failure: if the request was cancelled, that is why the stage failed. */
    RuntimeException cancelledOr(RuntimeException failure) {
        boolean stopped = cancellation.isCancelled() && !(failure instanceof CancelledException);
        return stopped ? cancelled(failure) : failure;
    }

    private CancelledException cancelled(RuntimeException cause) {
        String steps = this.steps > 0 ? " after " + stepsDone + " of " + this.steps + " steps" : "";
        return new CancelledException("cancelled in " + stage + steps, cause);
    }
}
