package wurstchen.onnx.internal.operators.gpu;

import com.google.common.primitives.ImmutableLongArray;
import com.sun.jna.Memory;
import com.sun.jna.Pointer;

/**
 * Algorithms that cuBLASLt proposes.
 *
 * <p>Source: cublasLtMatmulHeuristicResult_t of cublasLt.h, an array of which it fills: the algorithm (64 bytes), the size of its workspace (8),
 * its status (4), the share of the GPU that it fills (4) and 16 bytes in reserve.
 *
 * @param results the array, which holds the algorithms
 * @param addresses where each algorithm begins that can be used
 */
record CublasLtAlgorithms(Memory results, ImmutableLongArray addresses) {
    private static final int RESULT_BYTES = 96;
    private static final int STATUS_AT = 72;

    /** Makes memory for an array of so many results. */
    static Memory memory(int most) {
        Memory results = new Memory((long) most * RESULT_BYTES);
        results.clear();
        return results;
    }

    /** Returns those of the first results that can be used, in their order. */
    static CublasLtAlgorithms of(Memory results, int count) {
        ImmutableLongArray.Builder addresses = ImmutableLongArray.builder();
        for (int i = 0; i < count; i++) {
            long at = (long) i * RESULT_BYTES;
            if (results.getInt(at + STATUS_AT) == CublasLt.SUCCESS) {
                addresses.add(Pointer.nativeValue(results) + at);
            }
        }
        return new CublasLtAlgorithms(results, addresses.build());
    }
}
