package wurstchen.onnx.internal.doctor;

import static java.util.Objects.requireNonNull;

import ai.onnxruntime.OrtEnvironment;
import java.util.function.Consumer;
import java.util.function.Function;
import wurstchen.WurstchenException;
import wurstchen.onnx.CudaUnavailableException;
import wurstchen.onnx.internal.binding.DeviceMemories;
import wurstchen.onnx.internal.binding.DeviceMemory;
import wurstchen.onnx.internal.binding.ExecutionProvider;
import wurstchen.onnx.internal.common.OneLine;

/**
 * The ONNX Runtime on the class path.
 *
 * @param providers returns the execution provider of a device name
 */
public record InstalledOrt(Function<String, ExecutionProvider> providers) implements OrtTrial {
    @Override
    public void run(String device, Consumer<String> report) {
        try {
            DeviceMemory memory = DeviceMemories.of(providers.apply(device));
            report.accept("ONNX Runtime " + OrtEnvironment.getEnvironment().getVersion() + " runs on " + device + ", "
                    + memory.description());
            memory.release();
        } catch (CudaUnavailableException e) {
            // Its message is a whole report, but only a line is needed here.
            throw new WurstchenException(OneLine.of(requireNonNull(e.getCause()).getMessage()), e);
        }
    }
}
