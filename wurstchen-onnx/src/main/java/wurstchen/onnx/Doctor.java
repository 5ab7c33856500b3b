package wurstchen.onnx;

import static com.google.common.base.Preconditions.checkNotNull;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import java.util.OptionalInt;
import wurstchen.onnx.internal.common.HostSystem;
import wurstchen.onnx.internal.cuda.InstalledCudaDriver;
import wurstchen.onnx.internal.doctor.Examination;
import wurstchen.onnx.internal.doctor.Hardware;
import wurstchen.onnx.internal.doctor.InstalledOrt;
import wurstchen.onnx.internal.library.OrtArtifact;

/**
 * Checks whether a device can be used, and if not, reports what is missing and where to get it: ONNX Runtime's artifact and libraries, the
 * driver, the GPUs, and every CUDA library that the provider needs.
 *
 * <p>Requires neither a GPU nor a program such as nvidia-smi. If nothing is missing, starts ONNX Runtime on the device. Unpacks ONNX
 * Runtime's libraries into the cache, as opening a model does, reads every byte of them, and unpacks damaged ones again.
 *
 * <p>Thread-safe.
 */
public final class Doctor {
    private Doctor() {}

    /**
     * Examines a device. {@link OnnxWurstchen.Builder#open} throws the same report as a {@link CudaUnavailableException} if a GPU does not
     * start.
     *
     * @param device the CPU or a GPU
     * @return the findings
     */
    public static DoctorReport examine(Device device) {
        return examination().of(checkNotNull(device, "device").name());
    }

    /**
     * Describes the hardware of a device, for reports of measurements.
     *
     * @param device the CPU or a GPU
     * @return the processor's name, or the GPU's with its memory, compute capability and driver
     */
    public static String hardware(Device device) {
        HostSystem host = HostSystem.current();
        return Hardware.of(gpuIndex(checkNotNull(device, "device")), host, new InstalledCudaDriver(host));
    }

    private static OptionalInt gpuIndex(Device device) {
        return device instanceof CudaDevice cuda ? OptionalInt.of(cuda.index()) : OptionalInt.empty();
    }

    /** Reports why a GPU did not start. */
    static CudaUnavailableException explain(String device, OrtException failure) {
        return new CudaUnavailableException(examination().ofFailure(device, failure.getMessage()), failure);
    }

    private static Examination examination() {
        HostSystem host = HostSystem.current();
        OrtArtifact artifact = OrtArtifact.find(OrtEnvironment.class.getClassLoader(), host);
        return new Examination(host, artifact, new InstalledCudaDriver(host), new InstalledOrt(device -> Device.parse(device).provider()));
    }
}
