package wurstchen.onnx.internal.binding;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.BooleanSupplier;

/**
 * Decides which runs of one graph a device captures as CUDA graphs (recordings), and which it replays.
 *
 * <p>For the device thread only, on which runs follow each other: a decision about a run holds as long as that run is the latest.
 */
public final class Recordings {
    /** ONNX Runtime's id of a run that is neither captured nor replayed: kCudaGraphAnnotationSkip. */
    public static final int UNRECORDED = -1;

    /**
     * Maximum number of captures of a session, which keep memory until it is closed; later runs are not captured. Each {@code StepBuffers}
     * needs two.
     */
    public static final int MAX_RECORDINGS = 128;

    /** Number of different shapes whose runs are counted: the most recent ones. */
    static final int MAX_SHAPES = 64;

    private final Validity validity;
    private final Listener listener;
    private final Map<Object, Integer> runs = new LinkedHashMap<>(MAX_SHAPES, 0.75f, true);
    private Object latestShapes = new Object();
    private long generation = 1;
    private int recordings;

    /** How long a capture may be replayed. */
    public enum Validity {
        /**
         * Until the graph runs with other shapes. Each Conv of ONNX Runtime keeps cuDNN's plan of one shape; the plan of another shape
         * replaces it and frees kernels that captures of the first one call. Replaying those ends with an illegal instruction or a
         * misaligned address. Source: class Conv of onnxruntime/core/providers/cuda/nn/conv.cc.
         */
        UNTIL_OTHER_SHAPES(16),
        /** As long as the session, beside captures of other shapes: the graph has no such operator. */
        ALWAYS(4);

        private final int runsBeforeRecording;

        Validity(int runsBeforeRecording) {
            this.runsBeforeRecording = runsBeforeRecording;
        }

        /**
         * Returns the number of runs of equal shapes before the first capture; they must be consecutive if other shapes invalidate
         * captures. A capture takes the time of several runs and keeps memory until the session is closed, even when it is no longer valid,
         * so captures that may not last come late: programs that often change sizes make none. The others come once both bindings of
         * {@code StepBuffers} have run twice, when everything that the operators plan is planned.
         */
        public int runsBeforeRecording() {
            return runsBeforeRecording;
        }
    }

    /**
     * Creates the bookkeeping for a new session.
     *
     * @param listener notified of captures on the device thread
     */
    public Recordings(Validity validity, Listener listener) {
        this.validity = validity;
        this.listener = listener;
    }

    /** Notified of captures. */
    public interface Listener {
        /** Called when a run was captured. */
        void recorded();

        /** Called when a run would be captured, but {@link #MAX_RECORDINGS} captures exist. */
        void usedUp();
    }

    Validity validity() {
        return validity;
    }

    /** What the device does with a run. */
    enum Use {
        /** Submits all work. */
        SUBMIT,
        /** Submits all work and captures it. */
        RECORD,
        /** Replays a capture, on the same tensors. */
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

    /** Returns runs of arbitrary shapes, which are never captured. */
    public Runs unrecorded() {
        return new Runs(new Object(), false);
    }

    /** Runs of one binding, with one capture at most. */
    public final class Runs {
        private final Object shapes;
        private final boolean repeated;
        private int id = UNRECORDED;
        private long recordedIn;

        private Runs(Object shapes, boolean repeated) {
            this.shapes = shapes;
            this.repeated = repeated;
        }

        /**
         * Decides the use of the next run.
         *
         * @param mayBeRecorded asked before a run is captured; returns false to submit it without a capture
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
            id = UNRECORDED;
            if (runsBefore < validity.runsBeforeRecording) {
                return Use.SUBMIT;
            }
            if (recordings == MAX_RECORDINGS) {
                listener.usedUp();
                return Use.SUBMIT;
            }
            if (!mayBeRecorded.getAsBoolean()) {
                return Use.SUBMIT;
            }
            id = ++recordings;
            return Use.RECORD;
        }

        /** Returns the id of the capture that {@link #next} decided on, or {@link #UNRECORDED}. An id is never used for two captures. */
        int id() {
            return id;
        }

        /** Marks the run as captured. After a failure, the next run is captured under another id. */
        void recorded() {
            recordedIn = generation;
            listener.recorded();
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

    /** Returns how many runs of equal shapes came before; consecutive ones if other shapes invalidate captures. */
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
