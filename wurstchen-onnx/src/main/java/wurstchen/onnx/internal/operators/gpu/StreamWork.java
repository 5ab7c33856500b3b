package wurstchen.onnx.internal.operators.gpu;

/** Queues work on a stream of a GPU. */
final class StreamWork implements GpuWork, AutoCloseable {
    /** CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT of enum CUdevice_attribute. */
    private static final int MULTIPROCESSORS = 16;

    /** Enough for every zeroed block of the published sizes, so that none has to grow. */
    private static final long FIRST_ZEROS = 64L << 10;

    private final GpuDriver driver;
    private final KernelModule kernels;
    private final boolean overlap;
    private final ProductPlans products;
    private final long stream;
    private final int multiprocessors;
    private final int sharedBytes;
    private final DeviceBlocks scratch;
    private final DeviceBlocks zeros;

    /**
     * Makes memory; the driver, the kernels and the products' plans stay the caller's.
     *
     * @param overlap whether kernels may start before the ones before them are finished
     */
    StreamWork(GpuDriver driver, KernelModule kernels, boolean overlap, ProductPlans products, long stream) {
        this.driver = driver;
        this.kernels = kernels;
        this.overlap = overlap;
        this.products = products;
        this.stream = stream;
        multiprocessors = driver.attribute(MULTIPROCESSORS);
        sharedBytes = driver.attribute(KernelModule.SHARED_MEMORY);
        scratch = new DeviceBlocks(driver, stream, false);
        zeros = new DeviceBlocks(driver, stream, true);
        zeros.atLeast(FIRST_ZEROS);
    }

    @Override
    public int multiprocessors() {
        return multiprocessors;
    }

    @Override
    public int sharedBytes() {
        return sharedBytes;
    }

    @Override
    public long scratch(long bytes) {
        return scratch.atLeast(bytes);
    }

    @Override
    public long zeros(long bytes) {
        return zeros.atLeast(bytes);
    }

    @Override
    public boolean has(String kernel) {
        return kernels.has(kernel);
    }

    @Override
    public void launch(Launch launch) {
        driver.launch(kernels.function(launch.kernel()), launch, stream, overlap);
    }

    @Override
    public void multiply(Product product) {
        products.multiply(product, stream, driver.recording(stream));
    }

    /** Frees the memory; nothing queued here may be unfinished, and no recording may be replayed any more. */
    @Override
    public synchronized void close() {
        scratch.close();
        zeros.close();
    }
}
