package wurstchen.onnx;

import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession.SessionOptions;
import java.util.Optional;

/** ONNX Runtime's CPU provider. */
final class CpuDevice extends Device {
    private final int threads;
    private final Optional<String> noBinding;

    CpuDevice(int threads) {
        this(threads, Optional.empty());
    }

    private CpuDevice(int threads, Optional<String> noBinding) {
        this.threads = threads;
        this.noBinding = noBinding;
    }

    /** The same as it is where the C API cannot be reached, for that reason. */
    CpuDevice withoutBinding(String reason) {
        return new CpuDevice(threads, Optional.of(reason));
    }

    @Override
    String name() {
        return "cpu";
    }

    @Override
    void configure(SessionOptions options, GraphUse use) throws OrtException {
        options.setIntraOpNumThreads(threads);
        // Threads that wait in a spin take the processor from whoever they wait for: on two busy cores a picture took five times as long.
        options.addConfigEntry("session.intra_op.allow_spinning", "0");
    }

    @Override
    GraphUse bestUse(boolean repeated) {
        return GraphUse.WHOLE;
    }

    @Override
    Optional<GraphUse> lessThan(GraphUse use, OrtException failure) {
        return Optional.empty();
    }

    @Override
    String remedy(String failure) {
        return "";
    }

    @Override
    DeviceMemory openMemory() {
        return DeviceMemories.onHost(noBinding.isPresent() ? noBinding : NativeApi.problem());
    }

    /** Threads are a graph's own: the memory is the same for any number. */
    @Override
    Object memoryKey() {
        return "cpu " + noBinding;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof CpuDevice that && threads == that.threads && noBinding.equals(that.noBinding);
    }

    @Override
    public int hashCode() {
        return threads;
    }

    @Override
    public String toString() {
        return "cpu (" + threads + (threads == 1 ? " thread)" : " threads)");
    }
}
