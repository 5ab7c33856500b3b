package wurstchen.onnx.internal.cuda;

import ai.onnxruntime.OrtException;
import com.sun.jna.NativeLibrary;
import wurstchen.WurstchenException;
import wurstchen.onnx.internal.common.OrtWork;

/**
 * Recordings as CUDA graphs, made through NVIDIA's driver. ONNX Runtime can do this too, but waits after each replay for the stream, so that
 * the device idles until the next one is queued, and keeps every graph until the session is closed.
 */
final class CudaGraphs implements StreamRecorder {
    private static final int SUCCESS = 0;

    /**
     * CU_STREAM_CAPTURE_MODE_RELAXED: neither this thread's allocations nor other threads' calls end a capture; only what cannot be recorded,
     * such as waiting for the stream, does.
     */
    private static final int RELAXED = 2;

    /** CU_EVENT_DISABLE_TIMING. */
    private static final int WITHOUT_TIME = 2;

    private final long stream;

    private CudaGraphs(long stream) {
        this.stream = stream;
    }

    /**
     * Opens a recorder. Needs JNA.
     *
     * @throws UnsatisfiedLinkError if the driver lacks a function
     */
    static CudaGraphs open(NativeLibrary driver, long stream) {
        DriverFunctions.link(driver);
        return new CudaGraphs(stream);
    }

    private static void check(String function, int error) {
        if (error != SUCCESS) {
            throw new WurstchenException("NVIDIA's driver cannot record or repeat a step: " + function + " gives error " + error
                    + "; set cudaGraphs(false) on the device to do without recording");
        }
    }

    @Override
    public Recording record(OrtWork work) throws OrtException {
        check("cuStreamBeginCapture", DriverFunctions.cuStreamBeginCapture_v2(stream, RELAXED));
        long[] graph = new long[1];
        boolean done = false;
        int ended;
        try {
            work.run();
            done = true;
        } finally {
            // Also after a failure: the stream would record forever.
            ended = DriverFunctions.cuStreamEndCapture(stream, graph);
            if (!done && graph[0] != 0) {
                DriverFunctions.cuGraphDestroy(graph[0]);
            }
        }
        check("cuStreamEndCapture", ended);
        return instantiate(graph[0]);
    }

    private Recording instantiate(long graph) {
        long[] executable = new long[1];
        try {
            check("cuGraphInstantiate", DriverFunctions.cuGraphInstantiateWithFlags(executable, graph, 0));
        } finally {
            DriverFunctions.cuGraphDestroy(graph);
        }
        long[] event = new long[1];
        int error = DriverFunctions.cuEventCreate(event, WITHOUT_TIME);
        if (error != SUCCESS) {
            DriverFunctions.cuGraphExecDestroy(executable[0]);
        }
        check("cuEventCreate", error);
        return new CudaGraph(stream, executable[0], event[0]);
    }

    /** A CUDA graph that can be launched, and an event after the latest launch. */
    private record CudaGraph(long stream, long executable, long event) implements Recording {
        @Override
        public void launch() {
            check("cuGraphLaunch", DriverFunctions.cuGraphLaunch(executable, stream));
            check("cuEventRecord", DriverFunctions.cuEventRecord(event, stream));
        }

        @Override
        public void await() {
            check("cuEventSynchronize", DriverFunctions.cuEventSynchronize(event));
        }

        @Override
        public void close() {
            DriverFunctions.cuEventDestroy_v2(event);
            DriverFunctions.cuGraphExecDestroy(executable);
        }
    }
}
