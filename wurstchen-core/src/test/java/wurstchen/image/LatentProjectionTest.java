package wurstchen.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import wurstchen.stage.LatentShape;

class LatentProjectionTest {
    /** One channel to 2 x 2 px: red shows a different neighbour in each pixel, green the bias, blue nothing. */
    private static LatentProjection projection() {
        float[] weight = new float[12 * 9];
        int[] neighbours = {0, 2, 6, 8};
        for (int pixel = 0; pixel < 4; pixel++) {
            weight[pixel * 9 + neighbours[pixel]] = 1;
        }
        return new LatentProjection(1, 2, weight, new float[] {0, 0, 0, 0, 0.2f, 0.4f, 0.6f, 0.8f, 0, 0, 0, 0});
    }

    @Test
    void everyPixel_hasItsRow_andTheEdgeIsRepeated() {
        float[] latents = {0.1f, 0.3f, 0.5f, 0.7f, 0.9f, 1.1f};
        Picture shown = projection().show(new LatentShape(1, 1, 2, 3), latents).get(0);
        assertThat(shown.toString()).isEqualTo("Picture[6 x 4 px]");
        for (int y = 0; y < 4; y++) {
            for (int x = 0; x < 6; x++) {
                int row = Math.min(Math.max(y / 2 + (y % 2 == 0 ? -1 : 1), 0), 1);
                int column = Math.min(Math.max(x / 2 + (x % 2 == 0 ? -1 : 1), 0), 2);
                int red = (int) Math.rint(Math.min(1, latents[row * 3 + column]) * 255);
                int green = (int) Math.rint((y % 2 * 0.4f + x % 2 * 0.2f + 0.2f) * 255);
                assertThat(shown.rgb(x, y)).as("at %s, %s", x, y).isEqualTo(red << 16 | green << 8);
            }
        }
    }

    @Test
    void batches_areShownPictureByPicture() {
        List<Picture> shown = projection().show(new LatentShape(2, 1, 1, 1), new float[] {0, 1});
        assertThat(shown).hasSize(2);
        assertThat(shown.get(0).rgb(0, 0) >> 16).isZero();
        assertThat(shown.get(1).rgb(0, 0) >> 16).isEqualTo(255);
    }

    @Test
    void badValues_areRefused() {
        assertThatThrownBy(() -> new LatentProjection(0, 1, new float[0], new float[3]))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("a projection needs channels and pixels, got 0 and 1");
        assertThatThrownBy(() -> new LatentProjection(2, 1, new float[53], new float[3]))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("a projection of 2 channels to 1 px a cell needs 54 weights and 3 biases, got 53 and 3");
        assertThatThrownBy(() -> projection().show(new LatentShape(1, 2, 1, 1), new float[2]))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("this projection shows latents of 1 channels, got shape [1, 2, 1, 1]");
        assertThatThrownBy(() -> projection().show(new LatentShape(1, 1, 1, 1), new float[2]))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("latents of shape [1, 1, 1, 1] need 1 values, got 2");
    }
}
