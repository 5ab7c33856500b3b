package wurstchen.onnx.internal.binding;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.BooleanSupplier;

/**
 * Which runs of one graph a device records as CUDA graphs, and which it replays.
 *
 * <p>For the device's thread, on which runs follow each other: what is said here of a run holds for as long as that run is the latest.
 */
public final class Recordings {
    /** What ONNX Runtime calls a run that is neither recorded nor replayed: kCudaGraphAnnotationSkip. */
    public static final int UNRECORDED = -1;

    /**
     * So many runs of equal shapes come before the first recording, in a row where other shapes end it: a recording takes the time of some runs,
     * and it keeps memory until the session is closed, also once it is no longer valid. Programs that never come back to a size do not record.
     */
    public static final int RUNS_BEFORE_RECORDING = 16;

    /** Recordings keep memory until their session is closed: further runs do without. Two for each {@code StepBuffers}. */
    public static final int MAX_RECORDINGS = 128;

    /** Of so many different shapes the runs are counted: those that came last. */
    static final int MAX_SHAPES = 64;

    private final Validity validity;
    private final Listener listener;
    private final Map<Object, Integer> runs = new LinkedHashMap<>(MAX_SHAPES, 0.75f, true);
    private Object latestShapes = new Object();
    private long generation = 1;
    private int recordings;

    /** How long a recording may be replayed. */
    public enum Validity {
        /**
         * Until the graph runs with other shapes. Each Conv of ONNX Runtime keeps cuDNN's plan of one shape, and the plan of another takes its place
         * and frees the kernels that recordings of the first one call. A replay of these ends with an illegal instruction or a misaligned
         * address. Source: class Conv of onnxruntime/core/providers/cuda/nn/conv.cc.
         */
        UNTIL_OTHER_SHAPES,
        /** As long as the session, beside those of other shapes: the graph has no such operator. */
        ALWAYS
    }

    /**
     * Creates the bookkeeping for a new session.
     *
     * @param listener hears of recordings on the device's thread
     */
    public Recordings(Validity validity, Listener listener) {
        this.validity = validity;
        this.listener = listener;
    }

    /** Hears of recordings. */
    public interface Listener {
        /** Called when a run was recorded. */
        void recorded();

        /** Called when a run would be recorded, but {@link #MAX_RECORDINGS} have been. */
        void usedUp();
    }

    Validity validity() {
        return validity;
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
            if (!repeated) {
                leave();
                return Use.SUBMIT;
            }
            int runsBefore = enter(shapes);
            if (recordedIn == generation) {
                return Use.REPLAY;
            }
            id = UNRECORDED;
            if (runsBefore < RUNS_BEFORE_RECORDING) {
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

    /** Runs of any shapes come. */
    private void leave() {
        latestShapes = new Object();
        if (validity == Validity.UNTIL_OTHER_SHAPES) {
            runs.clear();
            generation++;
        }
    }

    /** Returns how many runs of equal shapes came before, in a row where other shapes end recordings. */
    private int enter(Object shapes) {
        if (validity == Validity.UNTIL_OTHER_SHAPES && !shapes.equals(latestShapes)) {
            latestShapes = shapes;
            runs.clear();
            generation++;
        }
        int before = runs.getOrDefault(shapes, 0);
        runs.put(shapes, Math.min(before + 1, RUNS_BEFORE_RECORDING));
        if (runs.size() > MAX_SHAPES) {
            runs.remove(runs.keySet().iterator().next());
        }
        return before;
    }
}
