package wurstchen.onnx.internal.binding;

import ai.onnxruntime.OrtException;
import java.util.Optional;
import wurstchen.onnx.internal.capi.OrtStatus;
import wurstchen.onnx.internal.capi.OrtTable;
import wurstchen.onnx.internal.cuda.CudaCalls;

/**
 * Run options of the C API for one binding: termination, and which capture a run makes or replays. Other threads may terminate a run;
 * everything else is for the running thread.
 */
final class NativeRunOptions implements AutoCloseable {
    private final Optional<Recordings.Runs> recordable;

    private long address;
    private int id = Recordings.UNRECORDED;
    private boolean terminated;
    private boolean recording;
    private boolean closed;

    /**
     * Creates run options.
     *
     * @param recordable set if the session captures runs
     */
    NativeRunOptions(Optional<Recordings.Runs> recordable) throws OrtException {
        this.recordable = recordable;
        address = create(id);
    }

    /** Returns the address of the OrtRunOptions, valid from {@link #begin} to {@link #end}. */
    long address() {
        return address;
    }

    /** Returns the id of the capture that the latest run made or replayed, or {@link Recordings#UNRECORDED}. */
    int id() {
        return id;
    }

    /** Called on the device thread right before a run. A run that is captured excludes other CUDA calls until {@link #end}. */
    synchronized Recordings.Use begin() throws OrtException {
        if (recordable.isEmpty()) {
            return Recordings.Use.SUBMIT;
        }
        // A run that is to be terminated must not start a capture, which could then not be ended.
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

    /** Creates new options for another id, because ONNX Runtime prints a warning when an entry is overwritten. */
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

    /** Called on the device thread right after the run. */
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

    /** Makes the current run, or else the next one, fail soon. May be called from any thread. */
    synchronized void terminate() {
        // An interrupted capture would leave the stream capturing forever; a later run can be terminated.
        if (!closed && !recording) {
            terminated = true;
            check(OrtTable.RunOptionsSetTerminate(address));
        }
    }

    /** Undoes {@link #terminate}. */
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
