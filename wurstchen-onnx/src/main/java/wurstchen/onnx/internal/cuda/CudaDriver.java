package wurstchen.onnx.internal.cuda;

import com.google.common.collect.ImmutableList;
import java.util.Optional;
import java.util.function.Supplier;

/** NVIDIA's driver. */
@FunctionalInterface
public interface CudaDriver extends Supplier<CudaDriver.State> {
    /**
     * State of the driver.
     *
     * @param problem why it cannot be used; empty if it can
     * @param version its own, such as 580.65.06; empty if unknown
     * @param cuda the newest CUDA version that it supports, as 1000 times the major plus 10 times the minor version; 0 if unknown
     * @param gpus in CUDA's order
     */
    record State(Optional<String> problem, Optional<String> version, int cuda, ImmutableList<Gpu> gpus) {
        public static State unusable(String problem) {
            return new State(Optional.of(problem), Optional.empty(), 0, ImmutableList.of());
        }

        public int cudaMajor() {
            return cuda / 1000;
        }

        public String cudaVersion() {
            return cuda / 1000 + "." + cuda % 1000 / 10;
        }
    }
}
