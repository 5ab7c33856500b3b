package wurstchen.onnx.internal.operators.gpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import org.junit.jupiter.api.Test;
import wurstchen.WurstchenException;

class DeviceBlocksTest {
    private static final long MIB = 1L << 20;

    private final DriverLog driver = new DriverLog();
    private final DeviceBlocks blocks = new DeviceBlocks(driver, 5, false);

    @Test
    void sameBlock_asLongAsItIsLargeEnough() {
        long first = blocks.atLeast(100);

        assertThat(blocks.atLeast(MIB)).isEqualTo(first);
        assertThat(blocks.atLeast(1)).isEqualTo(first);
        assertThat(driver.allocated).containsExactly(Map.entry(first, MIB));
    }

    @Test
    void largerBlock_takesThePlaceOfOneThatNothingRecordedUses() {
        blocks.atLeast(MIB);
        long larger = blocks.atLeast(MIB + 1);

        assertThat(driver.calls).containsExactly("allocate " + MIB, "free", "allocate " + 2 * MIB);
        assertThat(driver.allocated).containsOnlyKeys(larger);
    }

    @Test
    void recordedBlock_staysBesideALargerOne_untilAllIsClosed() {
        long recorded = blocks.atLeast(MIB);
        driver.recording = true;
        assertThat(blocks.atLeast(MIB)).isEqualTo(recorded);
        driver.recording = false;

        long larger = blocks.atLeast(3 * MIB);
        long largest = blocks.atLeast(4 * MIB);

        assertThat(driver.allocated).containsOnlyKeys(recorded, largest).doesNotContainKey(larger);
        blocks.close();
        assertThat(driver.allocated).isEmpty();
    }

    @Test
    void growingWhileRecording_isRefused() {
        blocks.atLeast(MIB);
        driver.recording = true;

        assertThatThrownBy(() -> blocks.atLeast(MIB + 1))
                .isInstanceOf(WurstchenException.class)
                .hasMessage("an operator needs 1048577 bytes of scratch memory while it is recorded, and only 1048576 were made by the runs"
                        + " before");
    }

    @Test
    void zeroedBlock_isZeroedOnTheStream_wheneverItIsNew() {
        DeviceBlocks zeroed = new DeviceBlocks(driver, 5, true);
        zeroed.atLeast(1);
        zeroed.atLeast(2);
        zeroed.atLeast(2 * MIB);

        assertThat(driver.calls)
                .containsExactly(
                        "allocate 1048576", "zero 1048576 on 5", "free", "allocate 2097152", "zero 2097152 on 5");
    }
}
