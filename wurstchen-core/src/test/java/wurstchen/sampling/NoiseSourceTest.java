package wurstchen.sampling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import org.junit.jupiter.api.Test;

class NoiseSourceTest {
    @Test
    void image_inABatch_getsTheNoiseItGetsAlone() {
        NoiseSource batch = NoiseSource.seeded(7, -1, 7);
        NoiseSource alone = NoiseSource.seeded(-1);
        for (int draw = 0; draw < 3; draw++) {
            float[] three = new float[3 * 20];
            float[] one = new float[20];
            batch.fill(three);
            alone.fill(one);
            assertThat(Arrays.copyOfRange(three, 20, 40)).isEqualTo(one);
            assertThat(Arrays.copyOfRange(three, 0, 20)).isEqualTo(Arrays.copyOfRange(three, 40, 60)).isNotEqualTo(one);
        }
    }

    @Test
    void seeded_withoutSeeds_throws() {
        assertThatThrownBy(NoiseSource::seeded)
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("noise needs one seed per picture, got none; give at least one");
    }

    @Test
    void fill_ofASizeThatDoesNotDivide_throws() {
        assertThatThrownBy(() -> NoiseSource.seeded(1, 2).fill(new float[33]))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("noise for 2 pictures must divide evenly, got 33 values;"
                        + " size the destination as [pictures, ...] with one picture per seed");
    }
}
