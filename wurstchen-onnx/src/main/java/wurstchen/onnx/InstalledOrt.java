package wurstchen.onnx;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession.SessionOptions;
import java.util.function.Consumer;

/** The ONNX Runtime of the class path. */
final class InstalledOrt implements OrtTrial {
    private static final String CUDA = "cuda:";

    @Override
    public void run(String device, Consumer<String> report) throws OrtException {
        OrtLibraries.prepare();
        OrtEnvironment environment = OrtEnvironment.getEnvironment();
        try (SessionOptions options = new SessionOptions()) {
            if (device.startsWith(CUDA)) {
                options.addCUDA(Integer.parseInt(device.substring(CUDA.length())));
            }
        }
        report.accept("ONNX Runtime " + environment.getVersion() + " starts on " + device);
    }
}
