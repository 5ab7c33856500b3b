package wurstchen.onnx.internal.operators.gpu;

import java.util.OptionalLong;

/**
 * NVIDIA's driver, for one GPU: the calls of cuda.h that operators need. A call that fails is a {@link wurstchen.WurstchenException} with the
 * driver's own words. Thread-safe, except for {@link #launch}.
 */
interface GpuDriver extends ProductTrial.GpuClock, AutoCloseable {
    /** Returns an attribute of the GPU, by its number in enum CUdevice_attribute. */
    int attribute(int attribute);

    /**
     * Loads kernels.
     *
     * @param image a cubin, or the text of PTX with a zero behind it
     * @return the module
     */
    long load(byte[] image);

    /** Frees a module. */
    void unload(long module);

    /** Finds a kernel of a module; empty if the module has none of this name. */
    OptionalLong function(long module, String name);

    /** Lets a kernel use dynamic shared memory of up to so many bytes. */
    void allowShared(long function, int bytes);

    /** Lets multiprocessors have as much shared memory as they can while they run a kernel. */
    void preferShared(long function);

    /**
     * Tries whether kernels can be queued so that they may start before the one before them is finished, also while the stream is recorded.
     *
     * @param trial a kernel without parameters
     */
    boolean overlaps(long trial, long stream);

    /**
     * Queues a kernel. For one thread at a time.
     *
     * @param function the kernel that {@code launch} names
     * @param overlapping whether it may start before the one before it is finished: only where {@link #overlaps}, and if it waits by itself
     */
    void launch(long function, Launch launch, long stream, boolean overlapping);

    /** Makes memory of the GPU. Returns its address, a multiple of 256. */
    long allocate(long bytes);

    /** Frees memory of the GPU, after all work that was queued. */
    void free(long address);

    /** Queues the work of filling memory with zeros. */
    void zero(long address, long bytes, long stream);

    /** Returns whether a stream is recorded right now. */
    boolean recording(long stream);

    @Override
    void close();
}
