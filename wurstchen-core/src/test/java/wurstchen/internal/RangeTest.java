package wurstchen.internal;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class RangeTest {
    @Test
    void shared_cutsTheWholeArray_andTheLastRangeMayBeShorter() {
        assertThat(Range.shared(10, 4)).containsExactly(new Range(0, 4), new Range(4, 8), new Range(8, 10));
        assertThat(Range.shared(8, 4)).containsExactly(new Range(0, 4), new Range(4, 8));
        assertThat(Range.shared(3, 4)).containsExactly(new Range(0, 3));
        assertThat(Range.shared(0, 4)).isEmpty();
    }

    @Test
    void shared_ofTheLongestArray_doesNotOverflow() {
        int most = 1 << 30;
        assertThat(Range.shared(Integer.MAX_VALUE, most))
                .containsExactly(new Range(0, most), new Range(most, Integer.MAX_VALUE));
        assertThat(new Range(most, Integer.MAX_VALUE).count()).isEqualTo(most - 1);
    }
}
