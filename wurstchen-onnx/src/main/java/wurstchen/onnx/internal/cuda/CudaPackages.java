package wurstchen.onnx.internal.cuda;

import com.google.common.collect.ImmutableMap;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The packages that provide a CUDA library, in NVIDIA's apt repository, on PyPI, and on conda (channels nvidia and conda-forge).
 *
 * @param apt without the CUDA version
 * @param pip without the CUDA version
 * @param conda the name
 */
public record CudaPackages(String apt, String pip, String conda) {
    /** The driver's library, which only the driver provides. */
    public static final String DRIVER_LIBRARY = "libcuda.so.1";

    private static final Pattern NAME = Pattern.compile("(lib\\w+)\\.so\\.(\\d+)");

    private static final ImmutableMap<String, CudaPackages> BY_LIBRARY = ImmutableMap.<String, CudaPackages>builder()
            .put("libcudart", new CudaPackages("cuda-cudart", "nvidia-cuda-runtime", "cuda-cudart"))
            .put("libcublas", new CudaPackages("libcublas", "nvidia-cublas", "libcublas"))
            .put("libcublasLt", new CudaPackages("libcublas", "nvidia-cublas", "libcublas"))
            .put("libcurand", new CudaPackages("libcurand", "nvidia-curand", "libcurand"))
            .put("libcufft", new CudaPackages("libcufft", "nvidia-cufft", "libcufft"))
            .put("libnvrtc", new CudaPackages("cuda-nvrtc", "nvidia-cuda-nvrtc", "cuda-nvrtc"))
            .put("libnvJitLink", new CudaPackages("libnvjitlink", "nvidia-nvjitlink", "libnvjitlink"))
            .put("libcudnn", new CudaPackages("libcudnn9", "nvidia-cudnn", "cudnn"))
            .buildOrThrow();

    /** Returns a library's name without its version, {@code libcublas} of {@code libcublas.so.12}. */
    public static Optional<String> base(String library) {
        Matcher name = NAME.matcher(library);
        return name.matches() ? Optional.of(name.group(1)) : Optional.empty();
    }

    /** Returns the name of the package on PyPI, without the CUDA version. */
    public static Optional<String> pip(String library) {
        return base(library).map(BY_LIBRARY::get).map(CudaPackages::pip);
    }

    /** Returns whether a library belongs to CUDA rather than to the system. */
    public static boolean isCuda(String library) {
        return library.equals(DRIVER_LIBRARY) || base(library).filter(BY_LIBRARY::containsKey).isPresent();
    }

    /**
     * Returns how to install a library.
     *
     * @param cuda the major version of CUDA
     */
    public static String install(String library, int cuda) {
        if (library.equals(DRIVER_LIBRARY)) {
            return "it comes with NVIDIA's driver: install that, or start the container with its GPUs (docker run --gpus all)";
        }
        CudaPackages packages = base(library).map(BY_LIBRARY::get).orElse(null);
        if (packages == null) {
            return "install the package of your system that has it";
        }
        boolean cudnn = packages.conda().equals("cudnn");
        // From CUDA 13 on, PyPI packages of CUDA itself have no suffix; cuDNN keeps one.
        String suffix = cuda >= 13 && !cudnn ? "==" + pipVersion(packages, cuda) : "-cu" + cuda;
        return "install one of: apt " + packages.apt() + (cudnn ? "-cuda-" + cuda : "-" + cuda + "-*")
                + ", pip " + packages.pip() + suffix
                + ", conda " + packages.conda() + " cuda-version=" + cuda;
    }

    /** Returns the PyPI version. Most packages follow CUDA's version number; cuRAND and cuFFT have their own. */
    private static String pipVersion(CudaPackages packages, int cuda) {
        return switch (packages.conda()) {
            case "libcurand" -> "10.*";
            case "libcufft" -> (cuda - 1) + ".*";
            default -> cuda + ".*";
        };
    }
}
