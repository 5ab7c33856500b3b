package wurstchen.onnx.internal.binding;

import ai.onnxruntime.OrtException;
import java.util.Optional;
import wurstchen.onnx.internal.capi.OrtStatus;
import wurstchen.onnx.internal.capi.OrtTable;
import wurstchen.onnx.internal.cuda.CudaCalls;

/**
 * Run options of the C API for one binding: termination, and which runs are recorded. Other threads may terminate a run; everything else is
 * for the running thread.
 */
final class NativeRunOptions implements AutoCloseable {
    /** ONNX Runtime's id of a run that it neither captures nor replays itself: kCudaGraphAnnotationSkip. */
    private static final String UNCAPTURED = "-1";

    /** Source: onnxruntime_run_options_config_keys.h. */
    static final String RETURN_MEMORY = "memory.enable_memory_arena_shrinkage";

    static final String RETURN_MEMORY_OF_CPU = "cpu:0";

    private final Optional<Recordings.Runs> recordable;
    private final boolean recorder;
    private final boolean returnsMemory;
    private final long submitting;
    private final long queueing;

    private boolean terminated;
    private boolean recording;
    private boolean closed;

    /** What a run does with options. */
    @FunctionalInterface
    interface Run {
        /**
         * Runs.
         *
         * @param options the address of OrtRunOptions
         */
        void with(long options) throws OrtException;
    }

    /**
     * Creates run options.
     *
     * @param recordable set if the session's runs may be recorded
     * @param recorder whether the device can record
     * @param returnsMemory whether memory of the CPU is returned to the system after a run
     */
    NativeRunOptions(Optional<Recordings.Runs> recordable, boolean recorder, boolean returnsMemory) throws OrtException {
        this.recordable = recordable;
        this.recorder = recorder;
        this.returnsMemory = returnsMemory;
        submitting = create(false);
        try {
            queueing = create(true);
        } catch (OrtException e) {
            OrtTable.ReleaseRunOptions(submitting);
            throw e;
        }
    }

    /**
     * Decides what the device does with the next run. Called on the device thread right before it. What is to be recorded excludes other CUDA
     * calls until {@link #record} is done, which must follow.
     */
    synchronized Recordings.Use next() {
        // A run that is to be terminated must not be recorded: half of it would be.
        return recordable
                .map(runs -> runs.next(() -> recorder && !terminated && CudaCalls.tryAlone()))
                .orElse(Recordings.Use.SUBMIT);
    }

    /** Returns whether the next run would be a replay. */
    boolean replayable() {
        return recordable.isPresent() && recordable.get().replayable();
    }

    /** Runs with options that let it be terminated. */
    void submit(Run run) throws OrtException {
        run.with(submitting);
    }

    /** Runs with options that do not wait for the stream, and do not let it be terminated. */
    void record(Run run) throws OrtException {
        begin();
        try {
            run.with(queueing);
        } finally {
            end();
        }
    }

    /** Says that the run was recorded. */
    void recorded() {
        recordable.ifPresent(Recordings.Runs::recorded);
    }

    private synchronized void begin() {
        recording = true;
    }

    private synchronized void end() {
        recording = false;
        CudaCalls.endAlone();
    }

    private long create(boolean queueOnly) throws OrtException {
        long[] made = new long[1];
        OrtStatus.check(OrtTable.CreateRunOptions(made));
        try {
            if (recordable.isPresent()) {
                OrtStatus.check(OrtTable.AddRunConfigEntry(made[0], "gpu_graph_id", UNCAPTURED));
            }
            if (returnsMemory) {
                OrtStatus.check(OrtTable.AddRunConfigEntry(made[0], RETURN_MEMORY, RETURN_MEMORY_OF_CPU));
            }
            if (queueOnly) {
                OrtStatus.check(OrtTable.AddRunConfigEntry(made[0], "disable_synchronize_execution_providers", "1"));
            }
            return made[0];
        } catch (OrtException | RuntimeException e) {
            OrtTable.ReleaseRunOptions(made[0]);
            throw e;
        }
    }

    /** Makes the current run, or else the next one, fail soon, unless it is recorded. May be called from any thread. */
    synchronized void terminate() {
        if (!closed && !recording) {
            terminated = true;
            check(OrtTable.RunOptionsSetTerminate(submitting));
        }
    }

    /** Undoes {@link #terminate}. */
    synchronized void clearTerminate() {
        if (!closed) {
            terminated = false;
            check(OrtTable.RunOptionsUnsetTerminate(submitting));
        }
    }

    private static void check(long status) {
        try {
            OrtStatus.check(status);
        } catch (OrtException e) {
            throw new IllegalStateException("ONNX Runtime refuses run options that it made", e);
        }
    }

    @Override
    public synchronized void close() {
        if (!closed) {
            closed = true;
            OrtTable.ReleaseRunOptions(submitting);
            OrtTable.ReleaseRunOptions(queueing);
        }
    }
}
