package wurstchen.onnx;

import static com.google.common.base.Preconditions.checkArgument;
import static com.google.common.base.Preconditions.checkNotNull;

import java.util.Locale;
import java.util.Objects;
import java.util.OptionalLong;
import wurstchen.WurstchenException;
import wurstchen.onnx.internal.binding.CudaOptions;
import wurstchen.onnx.internal.binding.CudaProvider;
import wurstchen.onnx.internal.binding.ExecutionProvider;

/**
 * An NVIDIA GPU with options. Immutable: each option returns another device.
 *
 * <pre>{@code
 * Device device = Device.cuda(1).memoryLimit(12L << 30).tf32(true);
 * }</pre>
 *
 * <p>One thread does the work of all models on a GPU with equal options, so requests of several threads queue. While another model is being
 * opened, a request may wait between two steps for as long as opening one of its graphs takes. When the JVM exits and all other shutdown hooks
 * have finished, the current run of a graph is completed (within 5 seconds), and later runs fail.
 */
public final class CudaDevice extends Device {
    /** Minimum of {@link #memoryLimit}: less is not enough for cuDNN. */
    static final long MIN_MEMORY_LIMIT = 64L << 20;

    private final int index;
    private final OptionalLong memoryLimit;
    private final MemoryGrowth memoryGrowth;
    private final ConvolutionSearch convolutionSearch;
    private final boolean tf32;
    private final boolean cudaGraphs;

    private CudaDevice(
            int index,
            OptionalLong memoryLimit,
            MemoryGrowth memoryGrowth,
            ConvolutionSearch convolutionSearch,
            boolean tf32,
            boolean cudaGraphs) {
        this.index = index;
        this.memoryLimit = memoryLimit;
        this.memoryGrowth = memoryGrowth;
        this.convolutionSearch = convolutionSearch;
        this.tf32 = tf32;
        this.cudaGraphs = cudaGraphs;
    }

    static CudaDevice withDefaults(int index) {
        return new CudaDevice(
                index, OptionalLong.empty(), MemoryGrowth.EXACT, ConvolutionSearch.HEURISTIC, false, true);
    }

    /** How the memory of a graph grows. */
    public enum MemoryGrowth {
        /** By the size that is needed. Uses the least memory. */
        EXACT("kSameAsRequested"),
        /** To the next power of two, so that it grows less often. May use twice the memory. */
        POWER_OF_TWO("kNextPowerOfTwo");

        private final String option;

        MemoryGrowth(String option) {
            this.option = option;
        }
    }

    /** How cuDNN chooses the algorithm of a convolution, once for each shape. */
    public enum ConvolutionSearch {
        /** Tries every algorithm; the slowest start. */
        EXHAUSTIVE,
        /** Estimates the fastest algorithm. */
        HEURISTIC,
        /** Uses a fixed algorithm. */
        DEFAULT
    }

    /**
     * Limits the memory of each of the model's graphs (a model has eight). Without a limit, a graph allocates what it needs.
     *
     * @param bytes at least 64 MiB; a graph that needs more fails with a {@link WurstchenException}, and the model stays usable
     * @return another device
     * @throws IllegalArgumentException if {@code bytes} is less than 64 MiB
     */
    public CudaDevice memoryLimit(long bytes) {
        checkArgument(
                bytes >= MIN_MEMORY_LIMIT,
                "a graph's memory limit must be at least %s bytes, got %s; leave it out for no limit",
                MIN_MEMORY_LIMIT,
                bytes);
        return new CudaDevice(index, OptionalLong.of(bytes), memoryGrowth, convolutionSearch, tf32, cudaGraphs);
    }

    /**
     * Sets how the memory of a graph grows; {@link MemoryGrowth#EXACT} if not set.
     *
     * @param value the strategy
     * @return another device
     */
    public CudaDevice memoryGrowth(MemoryGrowth value) {
        checkNotNull(value, "memory growth");
        return new CudaDevice(index, memoryLimit, value, convolutionSearch, tf32, cudaGraphs);
    }

    /**
     * Sets how cuDNN chooses algorithms; {@link ConvolutionSearch#HEURISTIC} if not set.
     *
     * @param value the strategy
     * @return another device
     */
    public CudaDevice convolutionSearch(ConvolutionSearch value) {
        checkNotNull(value, "convolution search");
        return new CudaDevice(index, memoryLimit, memoryGrowth, value, tf32, cudaGraphs);
    }

    /**
     * Sets whether float32 products may be rounded to TF32, which has 10 fraction bits; false if not set. Faster with an fp32 bundle; no
     * effect with an fp16 bundle.
     *
     * @param value whether to allow it
     * @return another device
     */
    public CudaDevice tf32(boolean value) {
        return new CudaDevice(index, memoryLimit, memoryGrowth, convolutionSearch, value, cudaGraphs);
    }

    /**
     * Sets whether steps are captured as CUDA graphs after several steps of the same size and batch, and replayed with a single call; true if
     * not set. Graphs that cannot be captured run without, and the result says so.
     *
     * @param value whether to capture steps
     * @return another device
     */
    public CudaDevice cudaGraphs(boolean value) {
        return new CudaDevice(index, memoryLimit, memoryGrowth, convolutionSearch, tf32, value);
    }

    int index() {
        return index;
    }

    boolean cudaGraphs() {
        return cudaGraphs;
    }

    @Override
    ExecutionProvider provider() {
        CudaOptions options =
                new CudaOptions(index, memoryLimit, memoryGrowth.option, convolutionSearch.name(), tf32, cudaGraphs);
        return new CudaProvider(options, describe(options.name()), Doctor::explain);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof CudaDevice that
                && index == that.index
                && memoryLimit.equals(that.memoryLimit)
                && memoryGrowth == that.memoryGrowth
                && convolutionSearch == that.convolutionSearch
                && tf32 == that.tf32
                && cudaGraphs == that.cudaGraphs;
    }

    @Override
    public int hashCode() {
        return Objects.hash(index, memoryLimit, memoryGrowth, convolutionSearch, tf32, cudaGraphs);
    }

    /** Returns the name and every option, as reports show them. */
    private String describe(String name) {
        return name + " ("
                + (memoryLimit.isPresent() ? "at most " + memoryLimit.getAsLong() + " bytes a graph, " : "")
                + "memory growth " + memoryGrowth.name().toLowerCase(Locale.ROOT)
                + ", convolution search " + convolutionSearch.name().toLowerCase(Locale.ROOT)
                + (tf32 ? ", TF32" : "")
                + (cudaGraphs ? ", CUDA graphs)" : ")");
    }
}
