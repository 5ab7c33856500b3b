package wurstchen.onnx.internal.cuda;

import com.google.common.collect.ImmutableList;
import java.util.Optional;
import java.util.function.Supplier;

/** NVIDIA's driver. */
@FunctionalInterface
public interface CudaDriver extends Supplier<CudaDriver.State> {
    /**
     * What the driver said.
     *
     * @param problem why it cannot be used; empty if it can
     * @param version its own, such as 580.65.06; empty if it is not known
     * @param cuda the newest CUDA that it runs, as 1000 times the major and 10 times the minor version; 0 if it is not known
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
