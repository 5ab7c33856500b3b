package wurstchen.onnx.internal.binding;

import java.util.function.BooleanSupplier;

/**
 * Which runs of one graph a device records as CUDA graphs, and which it replays.
 *
 * <p>A recording is valid only until the graph runs with other shapes: each Conv of ONNX Runtime keeps the plan of one shape, and the plan
 * of another takes its place and frees the kernels that recordings of the first one call. A replay of these ends with an illegal
 * instruction or a misaligned address. Source: class Conv of onnxruntime/core/providers/cuda/nn/conv.cc.
 *
 * <p>For the device's thread, on which runs follow each other: what is said here of a run holds for as long as that run is the latest.
 */
public final class Recordings {
    /** What ONNX Runtime calls a run that is neither recorded nor replayed: kCudaGraphAnnotationSkip. */
    public static final int UNRECORDED = -1;

    /**
     * So many runs of equal shapes in a row come before the first recording: it takes the time of some runs, and it keeps memory until the
     * session is closed, also once it is no longer valid. Programs that change sizes all the time do not record.
     */
    public static final int RUNS_BEFORE_RECORDING = 16;

    /** Recordings keep memory until their session is closed: further runs do without. Two for each {@code StepBuffers}. */
    public static final int MAX_RECORDINGS = 128;

    private final Listener listener;
    private Object latestShapes = new Object();
    private int runsInARow;
    private long generation;
    private int recordings;

    /**
     * Those of a new session.
     *
     * @param listener hears of recordings on the device's thread
     */
    public Recordings(Listener listener) {
        this.listener = listener;
    }

    /** Hears of recordings. */
    public interface Listener {
        /** Called when a run was recorded. */
        void recorded();

        /** Called when a run would be recorded, but {@link #MAX_RECORDINGS} have been. */
        void usedUp();
    }

    /** What the device does with a run. */
    enum Use {
        /** It gets all work anew. */
        SUBMIT,
        /** It gets all work anew, and records it. */
        RECORD,
        /** It does what it has recorded, on the same tensors. */
        REPLAY
    }

    /**
     * Runs on the same tensors again and again.
     *
     * @param shapes equal to that of other runs if the graph computes on equal shapes
     */
    public Runs repeated(Object shapes) {
        return new Runs(shapes, true);
    }

    /** Runs of shapes that may be any, never recorded. */
    public Runs unrecorded() {
        return new Runs(new Object(), false);
    }

    /** Runs that are prepared together, one recording at most. */
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
         * Says what to do with the run that comes now.
         *
         * @param mayBeRecorded asked of a run that would be recorded; false to do without, this time
         */
        Use next(BooleanSupplier mayBeRecorded) {
            int runsBefore = enter(shapes);
            if (recordedIn == generation) {
                return Use.REPLAY;
            }
            id = UNRECORDED;
            if (!repeated || runsBefore < RUNS_BEFORE_RECORDING) {
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

        /** The number of the recording that {@link #next} spoke of, or {@link #UNRECORDED}; never one of another recording. */
        int id() {
            return id;
        }

        /** Says that the run which was to be recorded has been; after a failure, the next one is recorded under another number. */
        void recorded() {
            recordedIn = generation;
            listener.recorded();
        }
    }

    /** Returns how many runs of equal shapes came right before. */
    private int enter(Object shapes) {
        if (!shapes.equals(latestShapes)) {
            latestShapes = shapes;
            runsInARow = 0;
            generation++;
        }
        int before = runsInARow;
        runsInARow = Math.min(runsInARow + 1, RUNS_BEFORE_RECORDING);
        return before;
    }
}
