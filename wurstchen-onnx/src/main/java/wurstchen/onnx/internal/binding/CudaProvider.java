package wurstchen.onnx.internal.binding;

import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession.SessionOptions;
import ai.onnxruntime.providers.OrtCUDAProviderOptions;
import com.google.common.collect.ImmutableList;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;
import wurstchen.WurstchenException;

/**
 * ONNX Runtime's CUDA provider.
 *
 * @param options its options
 * @param description the name and every option, as reports show them
 * @param diagnosis explains why a GPU did not start
 */
public record CudaProvider(CudaOptions options, String description, Diagnosis diagnosis) implements ExecutionProvider {
    /** Parts of the messages of ONNX Runtime, CUDA, cuBLAS and cuDNN when memory runs out, in lower case. */
    private static final ImmutableList<String> MEMORY_WORDS =
            ImmutableList.of("allocate memory", "out of memory", "available memory", "alloc_failed");

    /** Explains why a GPU did not start. The examination is in a package above this one. */
    @FunctionalInterface
    public interface Diagnosis {
        /**
         * Examines the machine.
         *
         * @param device {@code cuda:N}
         * @param failure the exception of ONNX Runtime
         * @return the exception to throw
         */
        WurstchenException explain(String device, OrtException failure);
    }

    @Override
    public String name() {
        return options.name();
    }

    @Override
    public void configure(SessionOptions session, GraphUse use, OptionalLong stream) throws OrtException {
        // The CPU's thread pool has nothing to do.
        session.setIntraOpNumThreads(1);
        if (use != GraphUse.PARTLY) {
            session.addConfigEntry("session.disable_cpu_ep_fallback", "1");
        }
        try (OrtCUDAProviderOptions cuda = new OrtCUDAProviderOptions(options.index())) {
            cuda.add("arena_extend_strategy", options.memoryGrowth());
            cuda.add("cudnn_conv_algo_search", options.convolutionSearch());
            cuda.add("use_tf32", options.tf32() ? "1" : "0");
            if (options.memoryLimit().isPresent()) {
                cuda.add("gpu_mem_limit", Long.toString(options.memoryLimit().getAsLong()));
            }
            if (stream.isPresent()) {
                // Without the first option, ONNX Runtime treats the stream as the default stream, which cannot be captured.
                cuda.add("has_user_compute_stream", "1");
                cuda.add("user_compute_stream", Long.toString(stream.getAsLong()));
            }
            if (use == GraphUse.REPLAYED) {
                cuda.add("enable_cuda_graph", "1");
                SessionSettings.letRunsBeReplayed(session);
            }
            session.addCUDA(cuda);
        }
    }

    @Override
    public GraphUse bestUse(boolean repeated) {
        return repeated && options.cudaGraphs() ? GraphUse.REPLAYED : GraphUse.WHOLE;
    }

    /**
     * Returns the next weaker use. A graph with nodes for the CPU cannot be captured, and must be allowed to use the CPU. Other failures
     * would happen with any use.
     */
    @Override
    public Optional<GraphUse> lessThan(GraphUse use, OrtException failure) {
        String message = String.valueOf(failure.getMessage());
        if (message.contains("fallback to CPU EP has been explicitly disabled")) {
            return use == GraphUse.PARTLY ? Optional.empty() : Optional.of(GraphUse.PARTLY);
        }
        boolean recording = message.contains("graph capture") || message.contains("CUDA graph");
        return use == GraphUse.REPLAYED && recording ? Optional.of(GraphUse.WHOLE) : Optional.empty();
    }

    @Override
    public String remedy(String failure) {
        String message = failure.toLowerCase(Locale.ROOT);
        if (message.contains("captur")) {
            return "; set cudaGraphs(false) on the device to do without recording";
        }
        return MEMORY_WORDS.stream().anyMatch(message::contains)
                ? "; make fewer pictures at a time, or smaller ones, or open the model with lowMemory(true) (command line: --low-memory)"
                : "";
    }

    /** Nothing is kept: kernels of this library take the place of functions, which differ from machine to machine. */
    @Override
    public Optional<String> graphForm() {
        return Optional.empty();
    }

    @Override
    public DeviceMemory openMemory() {
        Optional<String> problem = NativeApi.problem();
        if (problem.isPresent()) {
            throw new WurstchenException(name() + " needs inputs and outputs bound on the device, but " + problem.get()
                    + "; put that right, or use the CPU");
        }
        try {
            return new NativeMemory(CudaPlace.open(this));
        } catch (OrtException e) {
            throw diagnosis.explain(name(), e);
        }
    }

    @Override
    public Object memoryKey() {
        return options;
    }

    @Override
    public String toString() {
        return description;
    }
}
