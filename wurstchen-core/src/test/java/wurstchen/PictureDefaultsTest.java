package wurstchen;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class PictureDefaultsTest {
    private static PictureDefaults.Builder all() {
        return PictureDefaults.builder().size(256, 128).stageC(3, 4.0f).stageB(2, 0.5f);
    }

    @Test
    void values_areThoseSet() {
        PictureDefaults defaults = all().build();

        assertThat(defaults.width()).isEqualTo(256);
        assertThat(defaults.height()).isEqualTo(128);
        assertThat(defaults.stageCSteps()).isEqualTo(3);
        assertThat(defaults.stageCGuidance()).isEqualTo(4.0f);
        assertThat(defaults.stageBSteps()).isEqualTo(2);
        assertThat(defaults.stageBGuidance()).isEqualTo(0.5f);
        assertThat(defaults)
                .hasToString("PictureDefaults[256 x 128 px, Stage C 3 steps, guidance 4.0, Stage B 2 steps, guidance 0.5]")
                .isEqualTo(all().build())
                .hasSameHashCodeAs(all().build())
                .isNotEqualTo(all().size(128, 128).build())
                .isNotEqualTo(all().stageC(4, 4.0f).build())
                .isNotEqualTo(all().stageB(2, 1.5f).build());
    }

    @Test
    void valueThatIsMissing_isRefused() {
        assertThatThrownBy(() -> PictureDefaults.builder().size(256, 128).stageC(3, 4.0f).build())
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("defaults need all of size, stageC and stageB: set those that are missing");
    }

    @Test
    void valueThatARequestWouldRefuse_isRefused() {
        assertThatThrownBy(() -> all().size(0, 128)).hasMessage("width must be at least 1, got 0");
        assertThatThrownBy(() -> all().stageC(0, 1)).hasMessage("stage C steps must be 1 to 1000, got 0");
        assertThatThrownBy(() -> all().stageB(1, Float.NaN))
                .hasMessage("guidance scale must be a finite number, got NaN; 4 is usual, and 1 or below turns guidance off");
    }
}
