package wurstchen.onnx;

import static com.google.common.base.Preconditions.checkArgument;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import wurstchen.onnx.internal.binding.CpuProvider;
import wurstchen.onnx.internal.binding.ExecutionProvider;

/** The device on which a model runs: {@link #cpu()}, or a GPU with {@link #cuda()}. Immutable. */
public abstract sealed class Device permits CpuDevice, CudaDevice {
    private static final Pattern CUDA_NAME = Pattern.compile("cuda(?::([0-9]{1,3}))?");

    Device() {}

    /**
     * Returns the CPU with one thread for each processor of the JVM (which respects a container's limit).
     *
     * @return the device
     */
    public static Device cpu() {
        return cpu(Runtime.getRuntime().availableProcessors());
    }

    /**
     * Returns the CPU with a number of threads.
     *
     * @param threads number of threads for one run of a graph, at least 1
     * @return the device
     * @throws IllegalArgumentException if {@code threads} is not in 1 to 1024
     */
    public static Device cpu(int threads) {
        checkArgument(
                threads >= 1 && threads <= 1024,
                "threads must be from 1 to 1024, got %s; as many as processors is usual",
                threads);
        return new CpuDevice(new CpuProvider(threads));
    }

    /**
     * Returns the first NVIDIA GPU, used through ONNX Runtime's CUDA provider. Whether it exists is checked when a model is opened.
     *
     * @return the device with its default options
     */
    public static CudaDevice cuda() {
        return cuda(0);
    }

    /**
     * Returns an NVIDIA GPU, used through ONNX Runtime's CUDA provider. Whether it exists is checked when a model is opened.
     *
     * @param index 0 for the first, in CUDA's order (which the environment variable {@code CUDA_VISIBLE_DEVICES} may change)
     * @return the device with its default options
     * @throws IllegalArgumentException if {@code index} is not in 0 to 999
     */
    public static CudaDevice cuda(int index) {
        checkArgument(index >= 0 && index <= 999, "a GPU's index must be from 0 to 999, got %s; the first is 0", index);
        return CudaDevice.withDefaults(index);
    }

    /**
     * Returns the device of a name.
     *
     * @param name {@code cpu}, {@code cuda} for the first GPU, {@code cuda:1} for the second, and so on
     * @return the device with its default options
     * @throws IllegalArgumentException if there is no device of that name
     */
    public static Device parse(String name) {
        if (name.equals("cpu")) {
            return cpu();
        }
        Matcher cuda = CUDA_NAME.matcher(name);
        checkArgument(cuda.matches(), "unknown device '%s': there are cpu, cuda and cuda:N, the GPU of index N", name);
        return cuda.group(1) == null ? cuda() : cuda(Integer.parseInt(cuda.group(1)));
    }

    /** Returns the execution provider of this device. */
    abstract ExecutionProvider provider();

    /** Returns the name as {@link #parse} takes it. */
    final String name() {
        return provider().name();
    }

    /** Returns the name and the options, as reports show them. */
    @Override
    public final String toString() {
        return provider().toString();
    }
}
