package wurstchen.studio.job;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import wurstchen.progress.CascadeStage;

class TimeLeftTest {
    private final TimeLeft times = new TimeLeft();

    @Test
    void stageThatWasNeverDone_hasNoEstimate() {
        times.took(CascadeStage.STAGE_C, 1, 100);

        assertThat(times.of(Map.of(CascadeStage.STAGE_C, 2), 100)).hasValue(2);
        assertThat(times.of(Map.of(CascadeStage.STAGE_C, 2, CascadeStage.STAGE_B, 1), 100)).isEmpty();
        assertThat(times.of(Map.of(CascadeStage.STAGE_C, 2, CascadeStage.STAGE_B, 0), 100)).hasValue(2);
    }

    @Test
    void estimate_growsWithThePixels_andFollowsWhatItSees() {
        times.took(CascadeStage.STAGE_C, 1, 100);
        assertThat(times.of(Map.of(CascadeStage.STAGE_C, 1), 400)).hasValue(4);

        times.took(CascadeStage.STAGE_C, 2, 100);
        assertThat(times.of(Map.of(CascadeStage.STAGE_C, 10), 100).orElseThrow()).isCloseTo(12, Offset.offset(1e-9));
    }
}
