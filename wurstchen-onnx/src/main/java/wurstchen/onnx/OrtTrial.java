package wurstchen.onnx;

import java.util.function.Consumer;

/** Starts ONNX Runtime on a device. */
@FunctionalInterface
interface OrtTrial {
    /**
     * Starts it, as far as that goes without a model.
     *
     * @param device {@code cpu} or {@code cuda:N}
     * @param report told what did
     * @throws Exception if it does not
     */
    void run(String device, Consumer<String> report) throws Exception;
}
