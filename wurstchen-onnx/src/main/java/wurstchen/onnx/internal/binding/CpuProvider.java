package wurstchen.onnx.internal.binding;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession.SessionOptions;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Supplier;
import wurstchen.onnx.internal.capi.OrtTable;
import wurstchen.onnx.internal.common.HostSystem;

/** ONNX Runtime's CPU provider. */
public final class CpuProvider implements ExecutionProvider {
    private final int threads;
    private final Memory memory;

    /** Creates a provider; {@code threads} work on one run of a graph. */
    public CpuProvider(int threads) {
        this(threads, new Memory("cpu", () -> DeviceMemories.onHost(NativeApi.problem())));
    }

    private CpuProvider(int threads, Memory memory) {
        this.threads = threads;
        this.memory = memory;
    }

    /**
     * The memory of the provider.
     *
     * @param key equal for equal memories
     * @param opener opens one
     */
    private record Memory(String key, Supplier<DeviceMemory> opener) {}

    /** Returns the same provider with another kind of memory: for tests. */
    public CpuProvider withMemory(String key, Supplier<DeviceMemory> opener) {
        return new CpuProvider(threads, new Memory(key, opener));
    }

    @Override
    public String name() {
        return "cpu";
    }

    @Override
    public void configure(SessionOptions options, GraphUse use, OptionalLong stream) throws OrtException {
        options.setIntraOpNumThreads(threads);
        // Spinning threads take processor time from the threads that they wait for: on two busy cores a picture took five times as long.
        options.addConfigEntry("session.intra_op.allow_spinning", "0");
    }

    @Override
    public GraphUse bestUse(boolean repeated) {
        return GraphUse.WHOLE;
    }

    @Override
    public Optional<GraphUse> lessThan(GraphUse use, OrtException failure) {
        return Optional.empty();
    }

    @Override
    public String remedy(String failure) {
        return "";
    }

    /** Layouts of convolutions depend on the processor, everything on ONNX Runtime's build, and nothing on the number of threads. */
    @Override
    public Optional<String> graphForm() {
        if (NativeApi.problem().isPresent()) {
            return Optional.empty(); // The build is not known.
        }
        return HostSystem.current().processorFeatures().map(features -> String.join(
                "\n", SessionSettings.VERSION, OrtEnvironment.getEnvironment().getVersion(), OrtTable.GetBuildInfoString(), features));
    }

    @Override
    public DeviceMemory openMemory() {
        return memory.opener().get();
    }

    /** The memory does not depend on the number of threads, which belong to each session. */
    @Override
    public Object memoryKey() {
        return memory.key();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof CpuProvider that && threads == that.threads && memory.key().equals(that.memory.key());
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
