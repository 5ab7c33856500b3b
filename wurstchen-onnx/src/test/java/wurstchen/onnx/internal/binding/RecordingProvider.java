package wurstchen.onnx.internal.binding;

import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession.SessionOptions;
import java.util.Optional;
import java.util.OptionalLong;

/** The CPU in the place of a GPU that records runs: {@link RemotePlace} with its {@link HostRecorder}. */
public record RecordingProvider(CpuProvider cpu) implements ExecutionProvider {
    public static RecordingProvider create() {
        return new RecordingProvider(new CpuProvider(2).withMemory("remote", RemotePlace::openMemory));
    }

    @Override
    public GraphUse bestUse(boolean repeated) {
        return repeated ? GraphUse.REPLAYED : GraphUse.WHOLE;
    }

    @Override
    public String name() {
        return cpu.name();
    }

    @Override
    public void configure(SessionOptions options, GraphUse use, OptionalLong stream) throws OrtException {
        cpu.configure(options, use, stream);
    }

    @Override
    public Optional<GraphUse> lessThan(GraphUse use, OrtException failure) {
        return cpu.lessThan(use, failure);
    }

    @Override
    public String remedy(String failure) {
        return cpu.remedy(failure);
    }

    @Override
    public Optional<String> graphForm() {
        return Optional.empty();
    }

    @Override
    public DeviceMemory openMemory() {
        return cpu.openMemory();
    }

    @Override
    public Object memoryKey() {
        return cpu.memoryKey();
    }

    @Override
    public String toString() {
        return cpu.toString();
    }
}
