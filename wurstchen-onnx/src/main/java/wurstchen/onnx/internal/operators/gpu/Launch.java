package wurstchen.onnx.internal.operators.gpu;

import com.google.common.collect.ImmutableList;

/**
 * A kernel with all that it is started with.
 *
 * @param kernel the name in the module
 * @param gridX blocks, 1 to 2^31-1
 * @param gridY blocks, 1 to 65535
 * @param gridZ blocks, 1 to 65535
 * @param threads of a block, along x alone
 * @param sharedBytes dynamic shared memory of a block
 * @param arguments in the order of the kernel's parameters: a Long is an address or a 64-bit number, an Integer and a Float have 32 bits
 */
public record Launch(
        String kernel, int gridX, int gridY, int gridZ, int threads, int sharedBytes, ImmutableList<Object> arguments) {
    /** The largest y and z of a grid. */
    public static final int MAX_GRID_YZ = 65_535;

    /** Returns a launch without dynamic shared memory. */
    public static Launch of(String kernel, int gridX, int gridY, int gridZ, int threads, Object... arguments) {
        return new Launch(kernel, gridX, gridY, gridZ, threads, 0, ImmutableList.copyOf(arguments));
    }
}
