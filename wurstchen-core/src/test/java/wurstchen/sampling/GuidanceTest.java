package wurstchen.sampling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import wurstchen.golden.GoldenFile;

class GuidanceTest {
    @Test
    void guided_isTorchsLerp() {
        for (JsonNode golden : GoldenFile.list(GoldenFile.read("schedule.json").path("guidance"))) {
            float[] expected = GoldenFile.floats(golden.path("guided"));
            float[] guided = new float[expected.length];
            new Guidance(golden.path("scale").floatValue())
                    .apply(GoldenFile.floats(golden.path("text")), GoldenFile.floats(golden.path("negative")), guided);
            for (int i = 0; i < guided.length; i++) {
                assertThat(guided[i]).isCloseTo(expected[i], within(1e-6f * Math.max(1, Math.abs(expected[i]))));
            }
        }
    }

    @ParameterizedTest
    @ValueSource(floats = {1, 0, -3})
    void scale_ofOneAndBelow_isOff(float scale) {
        Guidance guidance = new Guidance(scale);
        float[] out = new float[2];
        guidance.apply(new float[] {1, 2}, new float[] {5, 6}, out);
        assertThat(guidance.active()).isFalse();
        assertThat(out).containsExactly(1, 2);
    }

    @Test
    void scale_aboveOne_isActive() {
        assertThat(new Guidance(1.0001f).active()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(floats = {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY})
    void scale_thatIsNoNumber_throws(float scale) {
        assertThatThrownBy(() -> new Guidance(scale))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("guidance scale must be a finite number, got " + scale + "; 4 is usual, and 1 or below turns guidance off");
    }

    @Test
    void arrays_thatDiffer_throw() {
        assertThatThrownBy(() -> new Guidance(4).apply(new float[1], new float[2], new float[1]))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("guidance needs arrays of one length, got text 1, negative 2, out 1");
    }
}
