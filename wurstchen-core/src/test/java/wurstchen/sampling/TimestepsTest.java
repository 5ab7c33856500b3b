package wurstchen.sampling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import org.assertj.core.api.AbstractThrowableAssert;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;
import wurstchen.golden.GoldenFile;

class TimestepsTest {
    @Test
    void uniform_isTorchsLinspaceBitForBit() {
        for (JsonNode golden : GoldenFile.list(GoldenFile.read("schedule.json").path("uniform"))) {
            Timesteps timesteps = Timesteps.uniform(golden.path("steps").intValue());
            assertThat(timesteps.toArray()).containsExactly(GoldenFile.floats(golden.path("timesteps")));
        }
    }

    @Test
    void stageCDefault_isTheReferencesBitForBit() {
        assertThat(Timesteps.stageCDefault().toArray())
                .containsExactly(GoldenFile.floats(GoldenFile.read("schedule.json").path("stage_c_default")));
        assertThat(Timesteps.stageCDefault().steps()).isEqualTo(29);
    }

    @Test
    void uniform_ofManySteps_isAccepted() {
        assertThat(Timesteps.uniform(10_000).steps()).isEqualTo(10_000);
    }

    @Test
    void uniform_ofNoSteps_throws() {
        assertThatThrownBy(() -> Timesteps.uniform(0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("steps must be at least 1, got 0; 60 is usual for Stage C and 12 for Stage B");
    }

    @Test
    void list_endingAboveZero_isAccepted() {
        Timesteps timesteps = Timesteps.of(1, 0.7f, 0.25f);
        assertThat(timesteps.steps()).isEqualTo(2);
        assertThat(timesteps.ratio(2)).isEqualTo(0.25f);
    }

    @Test
    void list_changedByItsOwnerLater_staysAsItWas() {
        float[] mine = {1, 0};
        Timesteps timesteps = Timesteps.of(mine);
        mine[0] = 0.5f;
        timesteps.toArray()[0] = 0.5f;
        assertThat(timesteps).isEqualTo(Timesteps.uniform(1)).hasToString("Timesteps[1.0, 0.0]");
    }

    @Test
    void list_ofOneValue_throws() {
        assertRefused(1)
                .hasMessage("timesteps must hold at least 2 values (a step goes from one to the next), got 1; for one step give 1, 0");
    }

    @Test
    void list_withARepeatedValue_throws() {
        assertRefused(1, 0.5f, 0.5f, 0)
                .hasMessage("timesteps must be strictly decreasing, got timesteps[2] = 0.5 after 0.5;"
                        + " sort them from 1 to 0 and drop repeats");
    }

    @Test
    void list_thatRises_throws() {
        assertRefused(0, 1)
                .hasMessage("timesteps must be strictly decreasing, got timesteps[1] = 1.0 after 0.0;"
                        + " sort them from 1 to 0 and drop repeats");
    }

    @Test
    void list_withAValueOutsideItsRange_throws() {
        assertRefused(1.5f, 0)
                .hasMessage("timesteps[0] must be a number in [0, 1], got 1.5; 1 is pure noise and 0 is a clean picture");
        assertRefused(1, -0.1f)
                .hasMessage("timesteps[1] must be a number in [0, 1], got -0.1; 1 is pure noise and 0 is a clean picture");
        assertRefused(1, Float.NaN, 0)
                .hasMessage("timesteps[1] must be a number in [0, 1], got NaN; 1 is pure noise and 0 is a clean picture");
    }

    private static AbstractThrowableAssert<?, ?> assertRefused(float... ratios) {
        return assertThatThrownBy(() -> Timesteps.of(ratios)).isInstanceOf(IllegalArgumentException.class);
    }

    /** Computed from the original repository's schedule, to four digits. */
    @Test
    void shiftOf2_isTheOriginalRepositorys() {
        float[] expected = {
            .9936f, .975f, .9497f, .924f, .8975f, .8701f, .8413f, .811f, .7785f, .7436f, .7056f, .664f, .6179f, .5665f, .5089f, .4441f, .3715f, .2906f,
            .2018f, .1063f, .0071f
        };

        float[] shifted = Timesteps.shifted(20, 2).toArray();

        assertThat(shifted).hasSameSizeAs(expected);
        for (int i = 0; i < expected.length; i++) {
            assertThat(shifted[i]).isCloseTo(expected[i], within(6e-5f));
        }
    }

    @Test
    void shiftOf1_movesTheEndsOnly() {
        float[] shifted = Timesteps.shifted(10, 1).toArray();
        float[] uniform = Timesteps.uniform(10).toArray();

        for (int i = 1; i < 10; i++) {
            assertThat(shifted[i]).isCloseTo(uniform[i], within(1e-6f));
        }
        assertThat(shifted[0]).isLessThan(1).isGreaterThan(0.99f);
    }

    @Test
    void manyShiftedSteps_areDecreasing() {
        assertThat(Timesteps.shifted(1000, 4).steps()).isEqualTo(1000);
        assertThat(Timesteps.shifted(1000, 0.25).steps()).isEqualTo(1000);
    }

    @Test
    void shiftOfZero_isRefused() {
        assertThatThrownBy(() -> Timesteps.shifted(20, 0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("a shift must be a finite number above 0, got 0.0; 1 shifts nothing");
    }
}
