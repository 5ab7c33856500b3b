package wurstchen.onnx.internal.binding;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.primitives.ImmutableLongArray;
import java.io.EOFException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import wurstchen.onnx.internal.common.ExternalTensor;
import wurstchen.onnx.internal.common.FilePart;

class DeviceWeightsTest {
    private static final int FLOAT16 = 10;
    private static final int BYTES = 4 << 10;

    @TempDir
    private Path folder;

    private final HostWeightMemory memory = new HostWeightMemory();

    private static ExternalTensor tensor(int type, long offset, long bytes, long... shape) {
        return new ExternalTensor("w" + offset, type, ImmutableLongArray.copyOf(shape), "weights", offset, bytes);
    }

    @Test
    void smallWeights_andThoseOfOtherTypes_areLeftToOnnxRuntime() throws Exception {
        int string = 8;
        List<ExternalTensor> tensors = List.of(
                tensor(FLOAT16, 0, BYTES - 2, BYTES / 2 - 1),
                tensor(string, 0, BYTES, BYTES),
                // The length is not that of the shape.
                tensor(FLOAT16, 0, BYTES, BYTES));

        assertThat(DeviceWeights.read(memory, 0, folder, tensors)).isEmpty();
        assertThat(memory.open()).isZero();
    }

    @Test
    void tooLittleMemory_leavesThemToOnnxRuntime() throws Exception {
        WeightMemory none = new WeightMemory() {
            @Override
            public OptionalLong allocate(long bytes) {
                return OptionalLong.empty();
            }

            @Override
            public void free(long address) {
                throw new AssertionError("nothing was allocated");
            }

            @Override
            public void read(List<FilePart> parts) {
                throw new AssertionError("nothing was allocated");
            }
        };

        assertThat(DeviceWeights.read(none, 0, folder, List.of(tensor(FLOAT16, 0, BYTES, BYTES / 2)))).isEmpty();
    }

    @Test
    void shortFile_isSaid_andNothingStaysAllocated() throws IOException {
        Files.write(folder.resolve("weights"), new byte[BYTES + 1]);

        DeviceMemory place = RemotePlace.openMemory();
        try {
            assertThatThrownBy(() -> place.readWeights(folder, List.of(tensor(FLOAT16, 2, BYTES, BYTES / 2))))
                    .isInstanceOf(EOFException.class)
                    .hasMessage("the file ends after " + (BYTES + 1) + " bytes");
        } finally {
            // Fails if weights are still allocated.
            place.release();
        }
    }
}
