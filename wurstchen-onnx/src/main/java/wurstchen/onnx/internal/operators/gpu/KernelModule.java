package wurstchen.onnx.internal.operators.gpu;

import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import wurstchen.WurstchenException;

/** The kernels of this library, loaded on one GPU. Thread-safe. */
final class KernelModule implements AutoCloseable {
    /** CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR of enum CUdevice_attribute. */
    private static final int CAPABILITY_MAJOR = 75;

    /** CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR. */
    private static final int CAPABILITY_MINOR = 76;

    /** CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN. */
    static final int SHARED_MEMORY = 97;

    private final GpuDriver driver;
    private final String name;
    private final long module;
    private final ImmutableMap<String, Long> functions;

    private KernelModule(GpuDriver driver, String name, long module, ImmutableMap<String, Long> functions) {
        this.driver = driver;
        this.name = name;
        this.module = module;
        this.functions = functions;
    }

    /**
     * Loads the kernels that fit a GPU.
     *
     * @param kernels the names of all
     * @param large those of them that may use all of a multiprocessor's shared memory
     * @throws WurstchenException if there are none for this GPU, or the driver does not load them
     */
    static KernelModule load(GpuDriver driver, Set<String> kernels, Set<String> large) {
        int major = driver.attribute(CAPABILITY_MAJOR);
        int minor = driver.attribute(CAPABILITY_MINOR);
        Optional<KernelBinary> binary = KernelBinary.of(major, minor);
        if (binary.isEmpty()) {
            throw new WurstchenException("there are no kernels for compute capability " + major + "." + minor + ", only from 8.0 on");
        }
        byte[] image = binary.get()
                .read()
                .orElseThrow(() -> new WurstchenException("this build of wurstchen-onnx has no file " + binary.get().name()
                        + ": build it with .ci/kernels"));
        long module = driver.load(image);
        try {
            return new KernelModule(driver, binary.get().name(), module, functions(driver, module, binary.get(), kernels, large));
        } catch (RuntimeException e) {
            driver.unload(module);
            throw e;
        }
    }

    private static ImmutableMap<String, Long> functions(
            GpuDriver driver, long module, KernelBinary binary, Set<String> kernels, Set<String> large) {
        int shared = driver.attribute(SHARED_MEMORY);
        ImmutableMap.Builder<String, Long> functions = ImmutableMap.builder();
        for (String kernel : ImmutableSet.copyOf(kernels)) {
            OptionalLong function = driver.function(module, kernel);
            if (function.isEmpty()) {
                throw new WurstchenException(binary.name() + " has no kernel " + kernel + ": build it again with .ci/kernels");
            }
            if (large.contains(kernel)) {
                driver.allowShared(function.getAsLong(), shared);
            }
            functions.put(kernel, function.getAsLong());
        }
        return functions.buildOrThrow();
    }

    /** Returns the name of the file. */
    String name() {
        return name;
    }

    /** Returns the handle of a kernel. */
    long function(String kernel) {
        return functions.get(kernel);
    }

    @Override
    public void close() {
        driver.unload(module);
    }
}
