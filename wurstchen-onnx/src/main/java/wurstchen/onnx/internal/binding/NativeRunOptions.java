package wurstchen.onnx.internal.binding;

import ai.onnxruntime.OrtException;
import java.util.Optional;
import wurstchen.onnx.internal.capi.OrtStatus;
import wurstchen.onnx.internal.capi.OrtTable;
import wurstchen.onnx.internal.cuda.CudaCalls;

/**
 * Run options of the C API for one binding: whether to stop, and which recording a run makes or replays. Other threads may stop a run; the
 * rest is for the thread that runs.
 */
final class NativeRunOptions implements AutoCloseable {
    private final Optional<Recordings.Runs> recordable;

    private long address;
    private int id = Recordings.UNRECORDED;
    private boolean terminated;
    private boolean recording;
    private boolean closed;

    /**
     * Makes options.
     *
     * @param recordable of a session that records runs
     */
    NativeRunOptions(Optional<Recordings.Runs> recordable) throws OrtException {
        this.recordable = recordable;
        address = create(id);
    }

    /** The address of the OrtRunOptions, from {@link #begin} to {@link #end}. */
    long address() {
        return address;
    }

    /** The number of the recording that the latest run made or replayed, or {@link Recordings#UNRECORDED}. */
    int id() {
        return id;
    }

    /** Called on the device's thread right before a run; one that records has CUDA for itself until {@link #end}. */
    synchronized Recordings.Use begin() throws OrtException {
        if (recordable.isEmpty()) {
            return Recordings.Use.SUBMIT;
        }
        // A run that is to be stopped must not begin a recording, which could then not end.
        Recordings.Use use = recordable.get().next(() -> !terminated && CudaCalls.tryAlone());
        recording = use == Recordings.Use.RECORD;
        try {
            number(recordable.get().id());
        } catch (OrtException | RuntimeException e) {
            end(false);
            throw e;
        }
        return use;
    }

    /** New options for another number: ONNX Runtime prints a warning when an entry is overwritten. */
    private void number(int next) throws OrtException {
        if (next == id) {
            return;
        }
        long old = address;
        address = create(next);
        id = next;
        OrtTable.ReleaseRunOptions(old);
    }

    private long create(int number) throws OrtException {
        long[] made = new long[1];
        OrtStatus.check(OrtTable.CreateRunOptions(made));
        try {
            if (recordable.isPresent()) {
                OrtStatus.check(OrtTable.AddRunConfigEntry(made[0], "gpu_graph_id", Integer.toString(number)));
            }
            if (terminated) {
                OrtStatus.check(OrtTable.RunOptionsSetTerminate(made[0]));
            }
            return made[0];
        } catch (OrtException | RuntimeException e) {
            OrtTable.ReleaseRunOptions(made[0]);
            throw e;
        }
    }

    /** Called on the device's thread right after the run. */
    synchronized void end(boolean succeeded) {
        if (!recording) {
            return;
        }
        recording = false;
        CudaCalls.endAlone();
        if (succeeded) {
            recordable.get().recorded();
        }
    }

    /** Makes the run that goes on, or else the next one, fail soon; from any thread. */
    synchronized void terminate() {
        // A recording that breaks off would leave the device's stream recording for ever; a later run can be stopped.
        if (!closed && !recording) {
            terminated = true;
            check(OrtTable.RunOptionsSetTerminate(address));
        }
    }

    /** Takes {@link #terminate} back. */
    synchronized void clearTerminate() {
        if (!closed) {
            terminated = false;
            check(OrtTable.RunOptionsUnsetTerminate(address));
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
            OrtTable.ReleaseRunOptions(address);
        }
    }
}
