package wurstchen.onnx;

import ai.onnxruntime.OrtEnvironment;
import java.util.function.Consumer;
import wurstchen.WurstchenException;

/** The ONNX Runtime of the class path. */
final class InstalledOrt implements OrtTrial {
    @Override
    public void run(String device, Consumer<String> report) {
        try {
            DeviceMemory memory = DeviceMemories.of(Device.parse(device));
            report.accept("ONNX Runtime " + OrtEnvironment.getEnvironment().getVersion() + " runs on " + device + ", "
                    + memory.description());
            memory.release();
        } catch (CudaUnavailableException e) {
            // Its message is a report, of which this is to be a line.
            throw new WurstchenException(e.getCause().getMessage(), e);
        }
    }
}
