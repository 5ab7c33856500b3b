package wurstchen.onnx.internal.binding;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.BooleanSupplier;

/**
 * Decides which runs of one graph a device records, and which it replays.
 *
 * <p>For the device thread only, on which runs follow each other: a decision about a run holds as long as that run is the latest.
 */
public final class Recordings {
    /** Number of different shapes whose runs are counted: the most recent ones. */
    static final int MAX_SHAPES = 64;

    private final Validity validity;
    private final Runnable listener;
    private final Map<Object, Integer> runs = new LinkedHashMap<>(MAX_SHAPES, 0.75f, true);
    private Object latestShapes = new Object();
    private long generation = 1;

    /** How long a recording may be replayed. */
    public enum Validity {
        /**
         * Until the graph runs with other shapes. Each Conv of ONNX Runtime keeps cuDNN's plan of one shape; the plan of another shape
         * replaces it and frees kernels that recordings of the first one call. Replaying those ends with an illegal instruction or a
         * misaligned address. Source: class Conv of onnxruntime/core/providers/cuda/nn/conv.cc.
         */
        UNTIL_OTHER_SHAPES(16),
        /** As long as the session, beside recordings of other shapes: the graph has no such operator. */
        ALWAYS(4);

        private final int runsBeforeRecording;

        Validity(int runsBeforeRecording) {
            this.runsBeforeRecording = runsBeforeRecording;
        }

        /**
         * Returns the number of runs of equal shapes before the first recording; they must be consecutive if other shapes invalidate
         * recordings. A recording takes the time of several runs, so those that may not last come late: programs that often change sizes
         * make none. The others come once both bindings of {@code StepBuffers} have run twice, when everything that the operators plan is
         * planned.
         */
        public int runsBeforeRecording() {
            return runsBeforeRecording;
        }
    }

    /**
     * Creates the bookkeeping for a new session.
     *
     * @param listener called on the device thread when a run was recorded
     */
    public Recordings(Validity validity, Runnable listener) {
        this.validity = validity;
        this.listener = listener;
    }

    Validity validity() {
        return validity;
    }

    /** What the device does with a run. */
    public enum Use {
        /** Submits all work. */
        SUBMIT,
        /** Records all work, and replays it once. */
        RECORD,
        /** Replays a recording, on the same tensors. */
        REPLAY
    }

    /**
     * Returns runs that use the same tensors repeatedly.
     *
     * @param shapes equal to that of other runs if the graph computes on equal shapes
     */
    public Runs repeated(Object shapes) {
        return new Runs(shapes, true);
    }

    /** Returns runs of arbitrary shapes, which are never recorded. */
    public Runs unrecorded() {
        return new Runs(new Object(), false);
    }

    /** Runs of one binding, with one recording at most. */
    public final class Runs {
        private final Object shapes;
        private final boolean repeated;
        private long recordedIn;

        private Runs(Object shapes, boolean repeated) {
            this.shapes = shapes;
            this.repeated = repeated;
        }

        /**
         * Decides the use of the next run.
         *
         * @param mayBeRecorded asked before a run is recorded; returns false to submit it
         */
        Use next(BooleanSupplier mayBeRecorded) {
            if (!repeated) {
                leave();
                return Use.SUBMIT;
            }
            int runsBefore = enter(shapes);
            if (recordedIn == generation) {
                return Use.REPLAY;
            }
            boolean due = runsBefore >= validity.runsBeforeRecording();
            return due && mayBeRecorded.getAsBoolean() ? Use.RECORD : Use.SUBMIT;
        }

        /** Returns whether the next run would be a replay. */
        boolean replayable() {
            boolean same = validity == Validity.ALWAYS || shapes.equals(latestShapes);
            return repeated && same && recordedIn == generation;
        }

        /** Marks the run as recorded. */
        void recorded() {
            recordedIn = generation;
            listener.run();
        }
    }

    /** Handles runs of arbitrary shapes. */
    private void leave() {
        latestShapes = new Object();
        if (validity == Validity.UNTIL_OTHER_SHAPES) {
            runs.clear();
            generation++;
        }
    }

    /** Returns how many runs of equal shapes came before; consecutive ones if other shapes invalidate recordings. */
    private int enter(Object shapes) {
        if (validity == Validity.UNTIL_OTHER_SHAPES && !shapes.equals(latestShapes)) {
            latestShapes = shapes;
            runs.clear();
            generation++;
        }
        int before = runs.getOrDefault(shapes, 0);
        runs.put(shapes, Math.min(before + 1, validity.runsBeforeRecording));
        if (runs.size() > MAX_SHAPES) {
            runs.remove(runs.keySet().iterator().next());
        }
        return before;
    }
}
