package wurstchen.onnx;

import static com.google.common.base.Preconditions.checkArgument;

import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession.SessionOptions;

/** Where a model runs. Immutable. */
public abstract sealed class Device permits CpuDevice {
    Device() {}

    /**
     * Returns the CPU with as many threads as the JVM has processors (which respects a container's limit).
     *
     * @return the device
     */
    public static Device cpu() {
        return cpu(Runtime.getRuntime().availableProcessors());
    }

    /**
     * Returns the CPU with a number of threads.
     *
     * @param threads how many threads work on one run of a graph, at least 1
     * @return the device
     * @throws IllegalArgumentException if {@code threads} is not in 1 to 1024
     */
    public static Device cpu(int threads) {
        checkArgument(
                threads >= 1 && threads <= 1024,
                "threads must be from 1 to 1024, got %s; as many as processors is usual",
                threads);
        return new CpuDevice(threads);
    }

    /**
     * Returns the device of a name.
     *
     * @param name {@code cpu}
     * @return the device
     * @throws IllegalArgumentException if there is no device of that name
     */
    public static Device parse(String name) {
        checkArgument(name.equals("cpu"), "unknown device '%s': this build has cpu", name);
        return cpu();
    }

    /** Makes a session run here. */
    abstract void configure(SessionOptions options) throws OrtException;
}
