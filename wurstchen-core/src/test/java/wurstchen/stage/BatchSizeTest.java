package wurstchen.stage;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class BatchSizeTest {
    private static final LatentGeometry PUBLISHED = new LatentGeometry(42.67, 10.67, 16, 4, 32, 4);

    @Test
    void batchThatFitsMemory_isValid() {
        // 3 * 1024 * 1024 values of 5 bytes: 15 MiB a picture.
        assertThatCode(() -> PUBLISHED.checkBatch(4, 1024, 1024, 60L << 20)).doesNotThrowAnyException();
    }

    @Test
    void batchThatNeedsMoreThanMemory_isRefused() {
        assertThatThrownBy(() -> PUBLISHED.checkBatch(5, 1024, 1024, 60L << 20))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("5 pictures of 1024 x 1024 px at a time need 75 MB of Java's memory, which may grow to 60 MB; make at most 4 at a"
                        + " time, or start Java with a larger -Xmx");
    }

    @Test
    void batchThatFitsNoArray_isRefused() {
        assertThatThrownBy(() -> PUBLISHED.checkBatch(683, 1024, 1024, Long.MAX_VALUE))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageEndingWith("make at most 682 at a time, or start Java with a larger -Xmx");
    }

    @Test
    void size_isCheckedToo() {
        assertThatThrownBy(() -> PUBLISHED.checkBatch(1, 1024, 1000, Long.MAX_VALUE))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("width must be a multiple of 128, at most 4096, got 1000; nearest: 896, 1024");
    }
}
