package wurstchen.onnx;

import ai.onnxruntime.OrtException;

/** The memory of a GPU. */
final class CudaPlace implements NativePlace {
    /** OrtArenaAllocator and OrtMemTypeDefault of onnxruntime_c_api.h. */
    private static final int ARENA_ALLOCATOR = 1;

    private static final int DEFAULT_MEMORY = 0;

    private final HostPlace host;
    private final IdentityCopies copies;
    private final DeviceThread thread;
    private final long memoryInfo;
    private final long allocator;

    private CudaPlace(
            HostPlace host, IdentityCopies copies, DeviceThread thread, long memoryInfo, long allocator) {
        this.host = host;
        this.copies = copies;
        this.thread = thread;
        this.memoryInfo = memoryInfo;
        this.allocator = allocator;
    }

    static CudaPlace open(CudaDevice device) throws OrtException {
        IdentityCopies copies = IdentityCopies.open(device);
        long info = 0;
        try {
            long[] address = new long[1];
            OrtStatus.check(OrtTable.CreateMemoryInfo("Cuda", ARENA_ALLOCATOR, device.index(), DEFAULT_MEMORY, address));
            info = address[0];
            OrtStatus.check(OrtTable.CreateAllocator(copies.session(), info, address));
            return new CudaPlace(
                    new HostPlace(),
                    copies,
                    new DeviceThread("wurstchen " + device.name()),
                    info,
                    address[0]);
        } catch (OrtException | RuntimeException e) {
            if (info != 0) {
                OrtTable.ReleaseMemoryInfo(info);
            }
            copies.close();
            throw e;
        }
    }

    @Override
    public long memoryInfo() {
        return memoryInfo;
    }

    @Override
    public long hostMemoryInfo() {
        return host.memoryInfo();
    }

    @Override
    public long allocator() {
        return allocator;
    }

    @Override
    public long hostAllocator() {
        return host.allocator();
    }

    @Override
    public boolean isHost() {
        return false;
    }

    @Override
    public void copy(NativeTensor from, NativeTensor to) throws OrtException {
        thread.execute(() -> copies.copy(from, to));
    }

    @Override
    public void execute(OrtWork work) throws OrtException {
        thread.execute(work);
    }

    @Override
    public String description() {
        return "inputs and outputs bound on the device";
    }

    @Override
    public void close() {
        OrtTable.ReleaseAllocator(allocator);
        OrtTable.ReleaseMemoryInfo(memoryInfo);
        copies.close();
        host.close();
        thread.close();
    }
}
