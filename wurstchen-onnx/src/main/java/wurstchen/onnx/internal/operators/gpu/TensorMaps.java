package wurstchen.onnx.internal.operators.gpu;

import java.util.Arrays;
import wurstchen.onnx.internal.cuda.DriverFunctions;

/** Encodes tensors for the tensor memory accelerator of compute capability 9.0 and up. */
final class TensorMaps {
    /** CU_TENSOR_MAP_DATA_TYPE_FLOAT16 of enum CUtensorMapDataType. */
    private static final int FLOAT16 = 6;

    private static final int HALF_BYTES = 2;

    /** CU_TENSOR_MAP_INTERLEAVE_NONE. */
    private static final int NO_INTERLEAVE = 0;

    /** CU_TENSOR_MAP_SWIZZLE_128B. */
    private static final int SWIZZLE_128 = 3;

    /** CU_TENSOR_MAP_L2_PROMOTION_L2_256B: what is read from memory comes to the cache in pieces of so many bytes. */
    private static final int PROMOTION_256 = 3;

    /** CU_TENSOR_MAP_FLOAT_OOB_FILL_NONE: what lies outside is read as zero. */
    private static final int ZERO_OUTSIDE = 0;

    private TensorMaps() {}

    /**
     * Writes a CUtensorMap. Needs the driver linked.
     *
     * @return a CUresult
     */
    static int encode(TensorTiles tensor, long target) {
        int rank = tensor.sides().size();
        long[] sides = new long[rank];
        int[] tile = new int[rank];
        for (int i = 0; i < rank; i++) {
            sides[i] = tensor.sides().get(rank - 1 - i);
            tile[i] = tensor.tile().get(rank - 1 - i);
        }
        int[] steps = new int[rank];
        Arrays.fill(steps, 1);
        return DriverFunctions.cuTensorMapEncodeTiled(
                target,
                FLOAT16,
                rank,
                tensor.address(),
                sides,
                strides(sides),
                tile,
                steps,
                NO_INTERLEAVE,
                SWIZZLE_128,
                PROMOTION_256,
                ZERO_OUTSIDE);
    }

    /** Returns the bytes from one value to the next along each axis but the innermost. */
    static long[] strides(long[] sides) {
        long[] strides = new long[sides.length - 1];
        long stride = HALF_BYTES;
        for (int i = 0; i < strides.length; i++) {
            stride = Math.multiplyExact(stride, sides[i]);
            strides[i] = stride;
        }
        return strides;
    }
}
