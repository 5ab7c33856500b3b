package wurstchen.onnx;

import static com.google.common.base.Preconditions.checkArgument;
import static com.google.common.base.Preconditions.checkNotNull;

import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession.SessionOptions;
import ai.onnxruntime.providers.OrtCUDAProviderOptions;
import com.google.common.collect.ImmutableList;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import wurstchen.WurstchenException;

/**
 * An NVIDIA GPU with options. Immutable: each option returns another device.
 *
 * <pre>{@code
 * Device device = Device.cuda(1).memoryLimit(12L << 30).tf32(true);
 * }</pre>
 *
 * <p>The work of all models on a GPU with equal options is done by one thread, so that requests of several threads queue; while another model is
 * opened, a request may wait between two steps for as long as opening one of its graphs takes. When the JVM exits, a run of a graph that is
 * at work ends first (5 seconds at most), and later ones fail: a shutdown hook may close a model, but makes no pictures.
 */
public final class CudaDevice extends Device {
    /** The least memory limit: less does not even hold what cuDNN needs. */
    static final long MIN_MEMORY_LIMIT = 64L << 20;

    /** What ONNX Runtime, CUDA, cuBLAS and cuDNN say when there is no memory, in small letters. */
    private static final ImmutableList<String> MEMORY_WORDS =
            ImmutableList.of("allocate memory", "out of memory", "available memory", "alloc_failed");

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

    /** How a graph's memory grows. */
    public enum MemoryGrowth {
        /** By what is needed. Takes the least memory. */
        EXACT("kSameAsRequested"),
        /** To the next power of two, so that it grows seldom. May take twice the memory. */
        POWER_OF_TWO("kNextPowerOfTwo");

        private final String option;

        MemoryGrowth(String option) {
            this.option = option;
        }
    }

    /** How cuDNN chooses an algorithm for each convolution, once for each shape. */
    public enum ConvolutionSearch {
        /** Tries every one: the longest start. */
        EXHAUSTIVE,
        /** Estimates. */
        HEURISTIC,
        /** Always the same one. */
        DEFAULT
    }

    /**
     * Limits the memory of each of the model's graphs (a model has eight). Without a limit, a graph takes what it needs.
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
     * Sets how a graph's memory grows; {@link MemoryGrowth#EXACT} if not set.
     *
     * @param value how
     * @return another device
     */
    public CudaDevice memoryGrowth(MemoryGrowth value) {
        checkNotNull(value, "memory growth");
        return new CudaDevice(index, memoryLimit, value, convolutionSearch, tf32, cudaGraphs);
    }

    /**
     * Sets how cuDNN chooses algorithms; {@link ConvolutionSearch#HEURISTIC} if not set.
     *
     * @param value how
     * @return another device
     */
    public CudaDevice convolutionSearch(ConvolutionSearch value) {
        checkNotNull(value, "convolution search");
        return new CudaDevice(index, memoryLimit, memoryGrowth, value, tf32, cudaGraphs);
    }

    /**
     * Sets whether float32 products may be rounded to TF32, which has 10 bits of fraction; false if not set. Faster with an fp32 bundle;
     * an fp16 bundle does not care.
     *
     * @param value whether
     * @return another device
     */
    public CudaDevice tf32(boolean value) {
        return new CudaDevice(index, memoryLimit, memoryGrowth, convolutionSearch, value, cudaGraphs);
    }

    /**
     * Sets whether a step is recorded once some steps of the same size and batch have been done, and replayed as one call until another
     * size or batch comes; true if not set. A graph that cannot be recorded runs without, and the result says so.
     *
     * @param value whether
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
    String name() {
        return "cuda:" + index;
    }

    @Override
    void configure(SessionOptions options, GraphUse use, OptionalLong stream) throws OrtException {
        // Waiting threads of the CPU's pool have nothing to do here.
        options.setIntraOpNumThreads(1);
        if (use != GraphUse.PARTLY) {
            options.addConfigEntry("session.disable_cpu_ep_fallback", "1");
        }
        try (OrtCUDAProviderOptions cuda = new OrtCUDAProviderOptions(index)) {
            cuda.add("arena_extend_strategy", memoryGrowth.option);
            cuda.add("cudnn_conv_algo_search", convolutionSearch.name());
            cuda.add("use_tf32", tf32 ? "1" : "0");
            if (memoryLimit.isPresent()) {
                cuda.add("gpu_mem_limit", Long.toString(memoryLimit.getAsLong()));
            }
            if (stream.isPresent()) {
                // Without the first, ONNX Runtime takes the second for the default stream, which cannot be recorded.
                cuda.add("has_user_compute_stream", "1");
                cuda.add("user_compute_stream", Long.toString(stream.getAsLong()));
            }
            if (use == GraphUse.REPLAYED) {
                cuda.add("enable_cuda_graph", "1");
                SessionSettings.letRunsBeReplayed(options);
            }
            options.addCUDA(cuda);
        }
    }

    @Override
    GraphUse bestUse(boolean repeated) {
        return repeated && cudaGraphs ? GraphUse.REPLAYED : GraphUse.WHOLE;
    }

    /** A graph with nodes for the CPU cannot be recorded, and has to be allowed them. Anything else fails whatever is asked. */
    @Override
    Optional<GraphUse> lessThan(GraphUse use, OrtException failure) {
        String message = failure.getMessage();
        if (message.contains("fallback to CPU EP has been explicitly disabled")) {
            return use == GraphUse.PARTLY ? Optional.empty() : Optional.of(GraphUse.PARTLY);
        }
        boolean recording = message.contains("graph capture") || message.contains("CUDA graph");
        return use == GraphUse.REPLAYED && recording ? Optional.of(GraphUse.WHOLE) : Optional.empty();
    }

    @Override
    String remedy(String failure) {
        String message = failure.toLowerCase(Locale.ROOT);
        if (message.contains("captur")) {
            return "; set cudaGraphs(false) on the device to do without recording";
        }
        return MEMORY_WORDS.stream().anyMatch(message::contains)
                ? "; make fewer pictures at a time, or smaller ones, or open the model with lowMemory(true) (command line: --low-memory)"
                : "";
    }

    @Override
    DeviceMemory openMemory() {
        Optional<String> problem = NativeApi.problem();
        if (problem.isPresent()) {
            throw new WurstchenException(name() + " needs inputs and outputs bound on the device, but " + problem.get()
                    + "; put that right, or use the CPU");
        }
        try {
            return new NativeMemory(CudaPlace.open(this));
        } catch (OrtException e) {
            throw Doctor.explain(this, e);
        }
    }

    @Override
    Object memoryKey() {
        return this;
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

    /** The name and every option, as reports show them. */
    @Override
    public String toString() {
        return name() + " ("
                + (memoryLimit.isPresent() ? "at most " + memoryLimit.getAsLong() + " bytes a graph, " : "")
                + "memory growth " + memoryGrowth.name().toLowerCase(Locale.ROOT)
                + ", convolution search " + convolutionSearch.name().toLowerCase(Locale.ROOT)
                + (tf32 ? ", TF32" : "")
                + (cudaGraphs ? ", CUDA graphs)" : ")");
    }
}
