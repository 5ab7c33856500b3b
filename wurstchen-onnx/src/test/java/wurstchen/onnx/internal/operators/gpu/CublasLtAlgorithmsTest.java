package wurstchen.onnx.internal.operators.gpu;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.jna.Memory;
import com.sun.jna.Pointer;
import org.junit.jupiter.api.Test;

class CublasLtAlgorithmsTest {
    /** Eight 64-bit numbers, a size_t, an int, a float and four ints. */
    private static final int RESULT_BYTES = 8 * 8 + 8 + 4 + 4 + 4 * 4;

    @Test
    void resultsWithSuccess_areUsed_inTheirOrder() {
        Memory results = CublasLtAlgorithms.memory(8);
        assertThat(results.size()).isEqualTo(8L * RESULT_BYTES);
        results.setInt(RESULT_BYTES + 72, 15);
        results.setLong(2L * RESULT_BYTES, -1);
        results.setLong(2L * RESULT_BYTES + 64, -1);
        results.setFloat(2L * RESULT_BYTES + 76, 0.5f);

        CublasLtAlgorithms algorithms = CublasLtAlgorithms.of(results, 3);

        long first = Pointer.nativeValue(results);
        assertThat(algorithms.addresses().asList()).containsExactly(first, first + 2L * RESULT_BYTES);
    }
}
