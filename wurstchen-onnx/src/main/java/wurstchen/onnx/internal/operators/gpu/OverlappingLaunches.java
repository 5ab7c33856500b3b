package wurstchen.onnx.internal.operators.gpu;

import com.sun.jna.Memory;
import com.sun.jna.Pointer;
import wurstchen.onnx.internal.cuda.DriverFunctions;

/**
 * Launches by which a kernel may start while the one before it on the stream still runs (CUDA's programmatic dependent launch). For one thread
 * at a time.
 *
 * <p>Why this is safe on a stream that others queue on too; {@code overlap.cuh} has the rules for the kernels:
 *
 * <ul>
 *   <li>Only kernels that wait by themselves may be launched so. Before they wait, they touch no memory but their own shared memory: not the
 *       inputs and outputs, not the scratch memory that all operators share, and not the counters that the kernel before leaves at zero.
 *   <li>The wait covers the kernel before, which must have waited in turn. That holds for kernels of this library, and for all that is launched
 *       as usual, which starts when everything before it is finished. It must also hold for what cuBLASLt launches, and does: its products may
 *       overlap the kernel before by the same means, and could not be used on a stream otherwise.
 *   <li>A product, a copy or a kernel of ONNX Runtime behind a kernel of this library starts when that is finished, and thus everything before.
 *   <li>The two kernels of one operator are two kernels like any others: the second one waits for the first.
 *   <li>Behind a copy or a memset, a kernel starts when that is finished, as usual.
 * </ul>
 *
 * While a stream is recorded, such a launch makes an edge of the graph that is of this kind too (CUDA 12.3 and newer).
 *
 * <p>Source: struct CUlaunchConfig_st (grid, block and shared memory of 4 bytes a number, then the stream, the attributes' address and their
 * number) and CUlaunchAttribute_st (id, 4 bytes of padding, a value of 64 bytes) of cuda.h, CUDA 12 and 13.
 */
final class OverlappingLaunches {
    private static final int SUCCESS = 0;

    /** CU_STREAM_CAPTURE_MODE_THREAD_LOCAL of enum CUstreamCaptureMode. */
    private static final int THREAD_LOCAL = 1;

    private static final Launch TRIAL = Launch.of(KernelSpec.OVERLAP_TRIAL.name(), 1, 1, 1, 32);

    /** CU_LAUNCH_ATTRIBUTE_PROGRAMMATIC_STREAM_SERIALIZATION, whose value is an int. */
    private static final int OVERLAP = 6;

    private static final int BLOCK_Y = 16;
    private static final int SHARED_BYTES = 24;
    private static final int STREAM = 32;
    private static final int ATTRIBUTES = 40;
    private static final int ATTRIBUTE_COUNT = 48;
    private static final int CONFIGURATION_BYTES = 56;
    private static final int ATTRIBUTE_VALUE = 8;
    private static final int ATTRIBUTE_BYTES = 72;

    private final Memory configuration = new Memory(CONFIGURATION_BYTES);
    private final Memory attribute = new Memory(ATTRIBUTE_BYTES);

    OverlappingLaunches() {
        configuration.clear();
        configuration.setInt(BLOCK_Y, 1);
        configuration.setInt(BLOCK_Y + Integer.BYTES, 1);
        configuration.setPointer(ATTRIBUTES, attribute);
        configuration.setInt(ATTRIBUTE_COUNT, 1);
        attribute.clear();
        attribute.setInt(0, OVERLAP);
        attribute.setInt(ATTRIBUTE_VALUE, 1);
    }

    /**
     * Queues a kernel.
     *
     * @param parameters the address of the list of its arguments
     * @return a CUresult
     */
    int launch(long function, Launch launch, long stream, long parameters) {
        return DriverFunctions.cuLaunchKernelEx(write(launch, stream), function, parameters, 0);
    }

    /**
     * Writes a launch over the one before.
     *
     * @return the address of the configuration, valid until the next call
     */
    long write(Launch launch, long stream) {
        int[] grid = {launch.gridX(), launch.gridY(), launch.gridZ(), launch.threads()};
        configuration.write(0, grid, 0, grid.length);
        configuration.setInt(SHARED_BYTES, launch.sharedBytes());
        configuration.setLong(STREAM, stream);
        return Pointer.nativeValue(configuration);
    }

    /**
     * Tries whether kernels can be launched, and recorded, so. The GPU's context must be current, and the stream not be recorded.
     *
     * @param trial the kernel {@link KernelSpec#OVERLAP_TRIAL}
     */
    boolean work(long trial, long stream) {
        return launchTwo(trial, stream) && DriverFunctions.cuStreamSynchronize(stream) == SUCCESS && record(trial, stream);
    }

    private boolean launchTwo(long trial, long stream) {
        int first = launch(trial, TRIAL, stream, 0);
        int second = launch(trial, TRIAL, stream, 0);
        return first == SUCCESS && second == SUCCESS;
    }

    private boolean record(long trial, long stream) {
        if (DriverFunctions.cuStreamBeginCapture_v2(stream, THREAD_LOCAL) != SUCCESS) {
            return false;
        }
        boolean launched = launchTwo(trial, stream);
        long[] graph = new long[1];
        // Also ends a recording that a refused launch has broken.
        boolean recorded = DriverFunctions.cuStreamEndCapture(stream, graph) == SUCCESS;
        if (graph[0] == 0) {
            return false;
        }
        try {
            return launched && recorded && instantiates(graph[0]);
        } finally {
            DriverFunctions.cuGraphDestroy(graph[0]);
        }
    }

    private static boolean instantiates(long graph) {
        long[] executable = new long[1];
        if (DriverFunctions.cuGraphInstantiateWithFlags(executable, graph, 0) != SUCCESS) {
            return false;
        }
        DriverFunctions.cuGraphExecDestroy(executable[0]);
        return true;
    }
}
