package wurstchen.onnx.internal.operators.gpu;

import com.sun.jna.NativeLibrary;
import com.sun.jna.Pointer;
import java.util.OptionalLong;
import wurstchen.WurstchenException;
import wurstchen.onnx.internal.cuda.DriverFunctions;

/** A GPU through NVIDIA's driver, in the context that CUDA's runtime uses too, and with it ONNX Runtime. */
final class CudaGpu implements GpuDriver {
    private static final int SUCCESS = 0;

    /** CUDA_ERROR_NOT_FOUND. */
    private static final int NOT_FOUND = 500;

    /** CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES of enum CUfunction_attribute. */
    private static final int MAX_DYNAMIC_SHARED = 8;

    /** CU_FUNC_ATTRIBUTE_PREFERRED_SHARED_MEMORY_CARVEOUT, in percent. */
    private static final int SHARED_CARVEOUT = 9;

    private static final int ALL_SHARED = 100;

    /** CU_STREAM_CAPTURE_STATUS_NONE of enum CUstreamCaptureStatus. */
    private static final int NOT_RECORDING = 0;

    /** CU_EVENT_DEFAULT, which measures time. */
    private static final int TIMING_EVENT = 0;

    private static final int MEASURED_RUNS = 5;

    private final int device;
    private final long context;
    private final LaunchParameters parameters = new LaunchParameters(CudaGpu::encode);
    private final OverlappingLaunches overlapping = new OverlappingLaunches();

    private CudaGpu(int device, long context) {
        this.device = device;
        this.context = context;
    }

    /**
     * Opens a GPU. Needs JNA.
     *
     * @param index in CUDA's order
     * @throws WurstchenException if the driver refuses
     * @throws UnsatisfiedLinkError if the driver lacks a function
     */
    static CudaGpu open(NativeLibrary driver, int index) {
        DriverFunctions.link(driver);
        int[] device = new int[1];
        long[] context = new long[1];
        check("cuInit", DriverFunctions.cuInit(0));
        check("cuDeviceGet", DriverFunctions.cuDeviceGet(device, index));
        check("cuDevicePrimaryCtxRetain", DriverFunctions.cuDevicePrimaryCtxRetain(context, device[0]));
        return new CudaGpu(device[0], context[0]);
    }

    private static void check(String function, int error) {
        if (error != SUCCESS) {
            throw new WurstchenException("NVIDIA's driver refuses " + function + ": " + words(error));
        }
    }

    private static String words(int error) {
        long[] text = new long[1];
        boolean known = DriverFunctions.cuGetErrorString(error, text) == SUCCESS && text[0] != 0;
        return (known ? new Pointer(text[0]).getString(0, "US-ASCII") + ", " : "") + "error " + error;
    }

    /** Makes calls for which the GPU's context must be the thread's current one. */
    void inContext(Runnable calls) {
        check("cuCtxPushCurrent", DriverFunctions.cuCtxPushCurrent_v2(context));
        try {
            calls.run();
        } finally {
            DriverFunctions.cuCtxPopCurrent_v2(new long[1]);
        }
    }

    @Override
    public int attribute(int attribute) {
        int[] value = new int[1];
        check("cuDeviceGetAttribute", DriverFunctions.cuDeviceGetAttribute(value, attribute, device));
        return value[0];
    }

    @Override
    public long load(byte[] image) {
        long[] module = new long[1];
        inContext(() -> check("cuModuleLoadData", DriverFunctions.cuModuleLoadData(module, image)));
        return module[0];
    }

    @Override
    public void unload(long module) {
        inContext(() -> check("cuModuleUnload", DriverFunctions.cuModuleUnload(module)));
    }

    @Override
    public OptionalLong function(long module, String name) {
        long[] function = new long[1];
        int[] error = new int[1];
        inContext(() -> error[0] = DriverFunctions.cuModuleGetFunction(function, module, name));
        if (error[0] == NOT_FOUND) {
            return OptionalLong.empty();
        }
        check("cuModuleGetFunction of " + name, error[0]);
        return OptionalLong.of(function[0]);
    }

    @Override
    public void allowShared(long function, int bytes) {
        inContext(() -> check("cuFuncSetAttribute", DriverFunctions.cuFuncSetAttribute(function, MAX_DYNAMIC_SHARED, bytes)));
    }

    @Override
    public void preferShared(long function) {
        inContext(() -> check("cuFuncSetAttribute", DriverFunctions.cuFuncSetAttribute(function, SHARED_CARVEOUT, ALL_SHARED)));
    }

    @Override
    public boolean overlaps(long trial, long stream) {
        boolean[] work = new boolean[1];
        inContext(() -> work[0] = overlapping.work(trial, stream));
        return work[0];
    }

    @Override
    public void launch(long function, Launch launch, long stream, boolean overlaps) {
        int error = overlaps
                ? overlapping.launch(function, launch, stream, parameters.write(launch.arguments()))
                : launchAlone(function, launch, stream);
        if (error != SUCCESS) {
            throw new WurstchenException("NVIDIA's driver refuses the kernel " + launch + ": " + words(error));
        }
    }

    private int launchAlone(long function, Launch launch, long stream) {
        return DriverFunctions.cuLaunchKernel(
                function,
                launch.gridX(),
                launch.gridY(),
                launch.gridZ(),
                launch.threads(),
                1,
                1,
                launch.sharedBytes(),
                stream,
                parameters.write(launch.arguments()),
                0);
    }

    private static void encode(TensorTiles tensor, long target) {
        check("cuTensorMapEncodeTiled", TensorMaps.encode(tensor, target));
    }

    @Override
    public long allocate(long bytes) {
        long[] address = new long[1];
        inContext(() -> check("cuMemAlloc of " + bytes + " bytes", DriverFunctions.cuMemAlloc_v2(address, bytes)));
        return address[0];
    }

    @Override
    public void free(long address) {
        inContext(() -> check("cuMemFree", DriverFunctions.cuMemFree_v2(address)));
    }

    @Override
    public void zero(long address, long bytes, long stream) {
        inContext(() -> check("cuMemsetD8Async", DriverFunctions.cuMemsetD8Async(address, (byte) 0, bytes, stream)));
    }

    @Override
    public boolean recording(long stream) {
        int[] status = new int[1];
        check("cuStreamIsCapturing", DriverFunctions.cuStreamIsCapturing(stream, status));
        return status[0] != NOT_RECORDING;
    }

    @Override
    public double milliseconds(long stream, Runnable work) {
        double[] time = new double[1];
        inContext(() -> time[0] = measure(stream, work));
        return time[0];
    }

    private static double measure(long stream, Runnable work) {
        long[] events = {event(), event()};
        try {
            check("cuEventRecord", DriverFunctions.cuEventRecord(events[0], stream));
            for (int i = 0; i < MEASURED_RUNS; i++) {
                work.run();
            }
            check("cuEventRecord", DriverFunctions.cuEventRecord(events[1], stream));
            check("cuEventSynchronize", DriverFunctions.cuEventSynchronize(events[1]));
            float[] milliseconds = new float[1];
            check("cuEventElapsedTime", DriverFunctions.cuEventElapsedTime(milliseconds, events[0], events[1]));
            return milliseconds[0] / MEASURED_RUNS;
        } finally {
            DriverFunctions.cuEventDestroy_v2(events[0]);
            DriverFunctions.cuEventDestroy_v2(events[1]);
        }
    }

    private static long event() {
        long[] event = new long[1];
        check("cuEventCreate", DriverFunctions.cuEventCreate(event, TIMING_EVENT));
        return event[0];
    }

    @Override
    public void close() {
        DriverFunctions.cuDevicePrimaryCtxRelease_v2(device);
    }
}
