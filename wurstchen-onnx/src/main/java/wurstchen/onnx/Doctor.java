package wurstchen.onnx;

import static com.google.common.base.Preconditions.checkArgument;

import ai.onnxruntime.OrtEnvironment;

/**
 * Says whether a device can be used here, and if not, what is missing and where to get it: ONNX Runtime's artifact and libraries, the
 * driver, the GPUs, and every CUDA library that the provider needs.
 *
 * <p>Needs no GPU to say so, and no other program such as nvidia-smi. If nothing is missing it starts ONNX Runtime on the device. With
 * {@code onnxruntime_gpu} it unpacks the libraries into the cache, as opening a model does, reads every byte of them, and unpacks again
 * what was damaged.
 *
 * <p>Thread-safe.
 */
public final class Doctor {
    private Doctor() {}

    /**
     * Examines what the CPU needs.
     *
     * @return what was found
     */
    public static DoctorReport cpu() {
        return examination().of("cpu");
    }

    /**
     * Examines what a GPU needs.
     *
     * @param index 0 for the first, in CUDA's order
     * @return what was found
     * @throws IllegalArgumentException if {@code index} is negative
     */
    public static DoctorReport cuda(int index) {
        checkArgument(index >= 0, "a GPU's index must be at least 0, got %s; the first is 0", index);
        return examination().of("cuda:" + index);
    }

    /** Says why a GPU did not start. */
    static CudaUnavailableException failure(int index, Exception failure) {
        return new CudaUnavailableException(examination().ofFailure("cuda:" + index, failure.getMessage()), failure);
    }

    private static Examination examination() {
        HostSystem host = HostSystem.current();
        OrtArtifact artifact = OrtArtifact.find(OrtEnvironment.class.getClassLoader(), host);
        return new Examination(host, artifact, new InstalledCudaDriver(host), new InstalledOrt());
    }
}
