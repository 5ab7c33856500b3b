package wurstchen.sampling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import org.junit.jupiter.api.Test;
import wurstchen.golden.GoldenFile;

class CosineScheduleTest {
    @Test
    void alphaCumprod_isTheReferences() {
        for (JsonNode golden : GoldenFile.list(GoldenFile.read("schedule.json").path("alpha_cumprod"))) {
            CosineSchedule schedule = schedule(golden);
            float[] ratios = GoldenFile.floats(golden.path("t"));
            float[] expected = GoldenFile.floats(golden.path("values"));
            for (int i = 0; i < ratios.length; i++) {
                assertThat(schedule.alphaCumprod(ratios[i])).as("%s at %s", schedule, ratios[i]).isCloseTo(expected[i], within(1e-6f));
            }
        }
    }

    @Test
    void alphaCumprod_atTheEnds_isClamped() {
        CosineSchedule schedule = new CosineSchedule(0.008f, 1);
        assertThat(schedule.alphaCumprod(0)).isEqualTo(0.9999f);
        assertThat(schedule.alphaCumprod(1)).isEqualTo(0.0001f);
    }

    @Test
    void parameters_outOfRange_throw() {
        assertThatThrownBy(() -> new CosineSchedule(-1, 1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("schedule offset s must be a finite number of at least 0, got -1.0; the published models use 0.008");
        assertThatThrownBy(() -> new CosineSchedule(0.008f, 0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("schedule scaler must be a finite number above 0, got 0.0; the published models use 1.0");
        assertThatThrownBy(() -> new CosineSchedule(Float.NaN, 1)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new CosineSchedule(0.008f, Float.POSITIVE_INFINITY)).isInstanceOf(IllegalArgumentException.class);
    }

    static CosineSchedule schedule(JsonNode golden) {
        return new CosineSchedule(golden.path("s").floatValue(), golden.path("scaler").floatValue());
    }
}
