package wurstchen.onnx.internal.operators.gpu;

import static java.util.Objects.requireNonNull;

import com.google.common.collect.ImmutableMap;
import java.util.Optional;
import java.util.OptionalLong;
import wurstchen.WurstchenException;
import wurstchen.onnx.internal.common.HostSystem;

/** The kernels of this library, loaded on one GPU. Thread-safe. */
final class KernelModule implements AutoCloseable {
    /** CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR of enum CUdevice_attribute. */
    private static final int CAPABILITY_MAJOR = 75;

    /** CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR. */
    private static final int CAPABILITY_MINOR = 76;

    /** CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN. */
    static final int SHARED_MEMORY = 97;

    /** Set to {@code off} to let each kernel start when the one before it is finished. */
    private static final String OVERLAP = "wurstchen.operators.overlap";

    private final GpuDriver driver;
    private final KernelBinary binary;
    private final long module;
    private final ImmutableMap<String, Long> functions;

    private KernelModule(GpuDriver driver, KernelBinary binary, long module, ImmutableMap<String, Long> functions) {
        this.driver = driver;
        this.binary = binary;
        this.module = module;
        this.functions = functions;
    }

    /**
     * Loads the kernels that fit a GPU.
     *
     * @throws WurstchenException if there are none for this GPU, or the driver does not load them
     */
    static KernelModule load(GpuDriver driver, Iterable<KernelSpec> kernels) {
        KernelBinary binary = binary(driver);
        byte[] image = binary.read()
                .orElseThrow(() -> new WurstchenException(
                        "this build of wurstchen-onnx has no file " + binary.name() + ": run src/main/cuda/build.py"));
        long module = driver.load(image);
        try {
            ImmutableMap.Builder<String, Long> functions = ImmutableMap.builder();
            for (KernelSpec kernel : kernels) {
                find(driver, module, binary, kernel).ifPresent(function -> functions.put(kernel.name(), function));
            }
            return new KernelModule(driver, binary, module, functions.buildOrThrow());
        } catch (RuntimeException e) {
            driver.unload(module);
            throw e;
        }
    }

    private static KernelBinary binary(GpuDriver driver) {
        int major = driver.attribute(CAPABILITY_MAJOR);
        int minor = driver.attribute(CAPABILITY_MINOR);
        return KernelBinary.of(major, minor)
                .orElseThrow(() -> new WurstchenException(
                        "there are no kernels for compute capability " + major + "." + minor + ", only from 8.0 on"));
    }

    private static OptionalLong find(GpuDriver driver, long module, KernelBinary binary, KernelSpec kernel) {
        OptionalLong function = driver.function(module, kernel.name());
        if (function.isEmpty() && kernel.everywhere()) {
            throw new WurstchenException(binary.name() + " has no kernel " + kernel.name() + ": run src/main/cuda/build.py");
        }
        if (function.isPresent() && kernel.sharedBytes() != 0) {
            boolean all = kernel.sharedBytes() == KernelSpec.ALL;
            driver.allowShared(function.getAsLong(), all ? driver.attribute(SHARED_MEMORY) : kernel.sharedBytes());
        }
        if (function.isPresent() && kernel.preferShared()) {
            driver.preferShared(function.getAsLong());
        }
        return function;
    }

    /** Returns the name of the file. */
    String name() {
        return binary.name();
    }

    /**
     * Decides whether kernels overlap the ones before them on a stream ({@link OverlappingLaunches}): if they wait by themselves, if a trial of
     * the driver works, and unless {@code -Dwurstchen.operators.overlap=off}. The stream must not be recorded.
     */
    boolean overlaps(HostSystem host, long stream) {
        boolean off = host.property(OVERLAP).equals(Optional.of("off"));
        return !off && binary.waits() && driver.overlaps(function(KernelSpec.OVERLAP_TRIAL.name()), stream);
    }

    /** Returns whether the module has a kernel, for one that not every module has. */
    boolean has(String kernel) {
        return functions.containsKey(kernel);
    }

    /** Returns the handle of a kernel. */
    long function(String kernel) {
        return requireNonNull(functions.get(kernel), kernel);
    }

    @Override
    public void close() {
        driver.unload(module);
    }
}
