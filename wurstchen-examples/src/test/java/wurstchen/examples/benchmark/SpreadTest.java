package wurstchen.examples.benchmark;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

final class SpreadTest {
    @Test
    void median_isTheMiddle() {
        assertThat(new Spread(List.of(5.0, 1.0, 9.0)).median()).isEqualTo(5);
        assertThat(new Spread(List.of(5.0, 1.0, 9.0, 2.0)).median()).isEqualTo(3.5);
        assertThat(new Spread(List.of(7.0)).median()).isEqualTo(7);
    }

    @Test
    void ends_areTheLeastAndTheMost() {
        Spread spread = new Spread(List.of(5.0, 1.0, 9.0));

        assertThat(spread.min()).isEqualTo(1);
        assertThat(spread.max()).isEqualTo(9);
    }
}
