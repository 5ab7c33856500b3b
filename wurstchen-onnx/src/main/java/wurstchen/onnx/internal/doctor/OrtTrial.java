package wurstchen.onnx.internal.doctor;

import java.util.function.Consumer;
import wurstchen.WurstchenException;

/** Starts ONNX Runtime on a device. */
@FunctionalInterface
interface OrtTrial {
    /**
     * Starts it and runs a graph of one operator.
     *
     * @param device {@code cpu} or {@code cuda:N}
     * @param report receives a description on success
     * @throws WurstchenException if the start fails
     */
    void run(String device, Consumer<String> report);
}
