package wurstchen.sampling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import org.junit.jupiter.api.Test;
import wurstchen.golden.GoldenFile;

class StepTableTest {
    /**
     * Relative to the larger of the value and 1. With a scaler other than 1 the time is a power, PyTorch's last bit of which depends on how
     * many it computes at once; near ratio 1, where the cosine vanishes, that bit comes out magnified some thousand times.
     */
    private static float tolerance(CosineSchedule schedule) {
        return schedule.scaler() == 1 ? 1e-6f : 2e-4f;
    }

    @Test
    void rows_areTheReferences() {
        for (JsonNode golden : GoldenFile.list(GoldenFile.read("schedule.json").path("step_tables"))) {
            CosineSchedule schedule = CosineScheduleTest.schedule(golden);
            Timesteps timesteps = Timesteps.of(GoldenFile.floats(golden.path("timesteps")));
            StepTable table = StepTable.of(schedule, timesteps);
            float[] values = table.toArray();
            assertThat(values).hasSize(golden.path("rows").size() * StepTable.COLUMNS);
            for (int i = 0; i < values.length; i++) {
                float expected = GoldenFile.floats(golden.path("rows").get(i / StepTable.COLUMNS))[i % StepTable.COLUMNS];
                assertThat(values[i])
                        .as("%s, %s steps, row %s, column %s", schedule, table.steps(), i / StepTable.COLUMNS, i % StepTable.COLUMNS)
                        .isCloseTo(expected, within(tolerance(schedule) * Math.max(1, Math.abs(expected))));
            }
        }
    }

    @Test
    void array_holdsTheRowsInColumnOrder() {
        StepTable table = StepTable.of(new CosineSchedule(0.008f, 1), Timesteps.uniform(3));
        float[] values = table.toArray();
        for (int i = 0; i < 3; i++) {
            DenoisingStep row = table.step(i);
            assertThat(new DenoisingStep(values[5 * i], values[5 * i + 1], values[5 * i + 2], values[5 * i + 3], values[5 * i + 4]))
                    .isEqualTo(row);
        }
    }

    @Test
    void noise_ofTheLastStep_isKeptOnlyAboveRatioZero() {
        CosineSchedule schedule = new CosineSchedule(0.008f, 1);
        assertThat(StepTable.of(schedule, Timesteps.of(1, 0.5f, 0)).step(1).noiseStd()).isZero();
        assertThat(StepTable.of(schedule, Timesteps.of(1, 0.5f, 0.1f)).step(1).noiseStd()).isPositive();
    }

    @Test
    void update_isTheReferences() {
        for (JsonNode golden : GoldenFile.list(GoldenFile.read("schedule.json").path("updates"))) {
            CosineSchedule schedule = CosineScheduleTest.schedule(golden);
            StepTable table = StepTable.of(schedule, Timesteps.of(GoldenFile.floats(golden.path("timesteps"))));
            float[] expected = GoldenFile.floats(golden.path("next"));
            float[] next = new float[expected.length];
            table.step(golden.path("index").intValue())
                    .advance(
                            GoldenFile.floats(golden.path("latents")),
                            GoldenFile.floats(golden.path("predicted")),
                            GoldenFile.floats(golden.path("noise")),
                            next);
            float largest = 1;
            for (float value : expected) {
                largest = Math.max(largest, Math.abs(value));
            }
            assertThat(next).containsExactly(expected, within(tolerance(schedule) * largest));
        }
    }

    @Test
    void update_inPlace_isTheSame() {
        DenoisingStep step = StepTable.of(new CosineSchedule(0.008f, 1), Timesteps.uniform(4)).step(1);
        float[] latents = {0.5f, -1};
        float[] predicted = {0.1f, 2};
        float[] noise = {-0.3f, 0.7f};
        float[] next = new float[2];
        step.advance(latents, predicted, noise, next);
        step.advance(latents, predicted, noise, latents);
        assertThat(latents).containsExactly(next);
    }

    @Test
    void update_ofArraysThatDiffer_throws() {
        DenoisingStep step = StepTable.of(new CosineSchedule(0.008f, 1), Timesteps.uniform(4)).step(0);
        assertThatThrownBy(() -> step.advance(new float[2], new float[2], new float[3], new float[2]))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("a step needs arrays of one length, got latents 2, predicted noise 2, fresh noise 3, next 2");
    }

    @Test
    void step_thatIsNotThere_throws() {
        StepTable table = StepTable.of(new CosineSchedule(0.008f, 1), Timesteps.uniform(4));
        assertThatThrownBy(() -> table.step(4)).isInstanceOf(IndexOutOfBoundsException.class);
    }
}
