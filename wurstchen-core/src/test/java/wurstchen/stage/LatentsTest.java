package wurstchen.stage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class LatentsTest {
    private static final LatentShape SHAPE = new LatentShape(1, 1, 1, 2);

    @Test
    void onHost_arrayChangedAfterwards_keepsItsOwnValues() {
        float[] values = {1, 2};
        Latents latents = Latents.onHost(SHAPE, values);
        values[0] = 9;
        latents.toHost()[1] = 9;
        assertThat(latents.toHost()).containsExactly(1, 2);
    }

    @Test
    void onHost_wrongLength_throws() {
        assertThatThrownBy(() -> Latents.onHost(SHAPE, new float[3]))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("latents of shape [1, 1, 1, 2] need 2 values, got 3");
    }

    @Test
    void shape_withAZero_throws() {
        assertThatThrownBy(() -> new LatentShape(1, 16, 0, 6))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("every dimension of latents must be at least 1, got [1, 16, 0, 6]");
    }

    @Test
    void scale_thereAndBack_isTheSame() {
        LatentScale scale = new LatentScale(42, 1);
        assertThat(scale.toSemantic(new float[] {0, 0.5f})).containsExactly(-1, 20);
        assertThat(scale.toStageC(new float[] {-1, 20})).containsExactly(0, 0.5f);
    }
}
