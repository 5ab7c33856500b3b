package wurstchen.onnx.internal.binding;

import ai.onnxruntime.OrtException;
import com.google.common.collect.ImmutableMap;

/** A graph with tensors bound to it, which can be run repeatedly. For one thread at a time. Closing it does not close the tensors. */
public interface PreparedRun extends AutoCloseable {
    /** Runs the graph on the current values of the inputs and overwrites the outputs. */
    void run() throws OrtException;

    /**
     * Runs as {@link #run} does. If the next run only has to be queued, it is queued before this one is waited for, so that the device does not
     * idle in between.
     *
     * @param next a prepared run of the same graph; its run or {@link #settle} must follow
     */
    void runAhead(PreparedRun next) throws OrtException;

    /** Waits for a run that was queued ahead, if there is one. */
    void settle() throws OrtException;

    /** Returns the tensors that the first run made for outputs without a tensor of the caller. The caller owns them from then on. */
    ImmutableMap<String, Tensor> takeAllocated() throws OrtException;

    /** Makes the current run, or else the next one, fail soon. May be called from any thread. */
    void terminate();

    /** Undoes {@link #terminate}, so that the next run is not terminated. */
    void clearTerminate();

    @Override
    void close();
}
