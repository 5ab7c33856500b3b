package wurstchen.onnx.internal.operators.gpu;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.collect.ImmutableList;
import com.sun.jna.Pointer;
import org.junit.jupiter.api.Test;

class OverlappingLaunchesTest {
    private final OverlappingLaunches launches = new OverlappingLaunches();

    @Test
    void launch_isWrittenAsTheDriverReadsIt() {
        Pointer written = write(new Launch("kernel", 1, 2, 3, 4, 5, ImmutableList.of()), 0x1234_5678_9abcL);

        // Grid, block and shared memory.
        assertThat(written.getIntArray(0, 7)).containsExactly(1, 2, 3, 4, 1, 1, 5);
        assertThat(written.getLong(32)).isEqualTo(0x1234_5678_9abcL);
        assertThat(written.getInt(48)).as("attributes").isEqualTo(1);
        Pointer attribute = written.getPointer(40);
        assertThat(attribute.getInt(0)).as("the attribute's number").isEqualTo(6);
        assertThat(attribute.getInt(8)).as("its value").isEqualTo(1);
    }

    @Test
    void laterLaunch_takesThePlaceOfTheOneBefore() {
        write(new Launch("kernel", 70_000, 80, 90, 1024, 232_448, ImmutableList.of()), -1);
        Pointer written = write(Launch.of("other", 1, 2, 3, 32), 7);

        assertThat(written.getIntArray(0, 7)).containsExactly(1, 2, 3, 32, 1, 1, 0);
        assertThat(written.getLong(32)).isEqualTo(7);
    }

    private Pointer write(Launch launch, long stream) {
        return new Pointer(launches.write(launch, stream));
    }
}
