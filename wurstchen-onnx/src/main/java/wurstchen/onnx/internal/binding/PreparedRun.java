package wurstchen.onnx.internal.binding;

import ai.onnxruntime.OrtException;
import com.google.common.collect.ImmutableMap;

/** A graph with tensors bound to it, to be run as often as one likes. For one thread at a time; closing it keeps the tensors. */
public interface PreparedRun extends AutoCloseable {
    /** Runs the graph: reads the inputs as they are now, overwrites the outputs. */
    void run() throws OrtException;

    /**
     * After the first run, hands out the tensors that the graph made: outputs without a tensor of the caller. They are the caller's from
     * then on.
     */
    ImmutableMap<String, Tensor> takeAllocated() throws OrtException;

    /** Makes the run in flight, or else the next one, fail soon; from any thread. */
    void terminate();

    /** Takes {@link #terminate} back, so that the next run is a whole one. */
    void clearTerminate();

    @Override
    void close();
}
