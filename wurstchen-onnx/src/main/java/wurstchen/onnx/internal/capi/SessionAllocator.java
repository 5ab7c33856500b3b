package wurstchen.onnx.internal.capi;

import ai.onnxruntime.OrtException;

/** An allocator of a session. Must be closed before the session, and after everything allocated from it. Thread-safe. */
public final class SessionAllocator implements AutoCloseable {
    /** OrtArenaAllocator of onnxruntime_c_api.h. */
    private static final int ARENA_ALLOCATOR = 1;

    private final long memoryInfo;
    private final long address;

    private SessionAllocator(long memoryInfo, long address) {
        this.memoryInfo = memoryInfo;
        this.address = address;
    }

    /**
     * Opens an allocator of a session.
     *
     * @param session the address of an OrtSession
     * @param memory ONNX Runtime's name of the memory
     * @param deviceIndex index of the device
     * @param memoryType an OrtMemType
     * @throws OrtException if the session has no allocator for this memory
     */
    public static SessionAllocator open(long session, String memory, int deviceIndex, int memoryType) throws OrtException {
        long[] address = new long[1];
        OrtStatus.check(OrtTable.CreateMemoryInfo(memory, ARENA_ALLOCATOR, deviceIndex, memoryType, address));
        long info = address[0];
        try {
            OrtStatus.check(OrtTable.CreateAllocator(session, info, address));
        } catch (OrtException e) {
            OrtTable.ReleaseMemoryInfo(info);
            throw e;
        }
        return new SessionAllocator(info, address[0]);
    }

    /** Returns the address of the OrtMemoryInfo. */
    public long memoryInfo() {
        return memoryInfo;
    }

    /** Returns the address of the OrtAllocator. */
    public long address() {
        return address;
    }

    @Override
    public void close() {
        OrtTable.ReleaseAllocator(address);
        OrtTable.ReleaseMemoryInfo(memoryInfo);
    }
}
