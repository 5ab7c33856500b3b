package wurstchen.onnx.internal.cuda;

import java.util.Optional;
import wurstchen.onnx.internal.common.HostSystem;

/** Measures GPU memory through NVIDIA's driver. */
public final class CudaMemoryMeter {
    private CudaMemoryMeter() {}

    /** Opens a meter of a GPU. It reports a negative number if there is no driver or no such GPU. */
    public static MemoryMeter open(int index) {
        HostSystem host = HostSystem.current();
        Optional<NvidiaManagement> nvml = NvidiaManagement.open(host);
        Optional<String> busId = new InstalledCudaDriver(host).busId(index);
        if (nvml.isEmpty() || busId.isEmpty()) {
            return () -> -1;
        }
        return () -> nvml.get().usedBytes(busId.get()).orElse(-1L);
    }
}
