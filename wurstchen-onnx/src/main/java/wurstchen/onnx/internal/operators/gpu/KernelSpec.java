package wurstchen.onnx.internal.operators.gpu;

import static com.google.common.base.Preconditions.checkArgument;

/**
 * A kernel, and what it needs before it is first launched.
 *
 * @param name in the module
 * @param sharedBytes the most dynamic shared memory that a launch asks for; 0 for none, {@link #ALL} for as much as a block can have
 * @param preferShared whether a multiprocessor should have as much shared memory as it can, at the expense of its cache
 * @param everywhere whether the module of every GPU has it
 */
public record KernelSpec(String name, int sharedBytes, boolean preferShared, boolean everywhere) {
    /** As much as a block can have, which depends on the GPU. */
    public static final int ALL = -1;

    /** Does nothing; tells whether kernels may overlap. */
    public static final KernelSpec OVERLAP_TRIAL = of("overlap_trial");

    public KernelSpec {
        checkArgument(sharedBytes >= ALL, "the shared memory of %s must be a number of bytes, got %s", name, sharedBytes);
    }

    /** Returns a kernel that every module has and that needs nothing. */
    public static KernelSpec of(String name) {
        return new KernelSpec(name, 0, false, true);
    }
}
