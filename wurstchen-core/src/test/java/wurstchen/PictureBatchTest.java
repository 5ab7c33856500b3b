package wurstchen;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import wurstchen.sampling.Guidance;
import wurstchen.sampling.Timesteps;
import wurstchen.stage.Pixels;

/** What becomes of pixels so many that several threads look at them. */
class PictureBatchTest {
    private static final int SIDE = 512;
    private static final int VALUES = 2 * 3 * SIDE * SIDE;

    private static PictureBatch batch() {
        PictureSettings settings = new PictureSettings(
                "a", "", 7, SIDE, SIDE, Timesteps.uniform(1), new Guidance(1), Timesteps.uniform(1), new Guidance(1));
        return new PictureBatch(PictureRequest.builder("a").build(), settings, 0, 2);
    }

    @Test
    void finitePixels_becomeOnePictureASeed() {
        assertThat(batch().pictures(new Pixels(2, SIDE, SIDE, new float[VALUES])))
                .extracting(picture -> picture.settings().seed())
                .containsExactly(7L, 8L);
    }

    @Test
    void severalPixelsThatAreNotFinite_theFirstOneIsNamed() {
        float[] values = new float[VALUES];
        values[VALUES / 2 + 1] = Float.NEGATIVE_INFINITY;
        values[VALUES - 1] = Float.NaN;

        assertThatThrownBy(() -> batch().pictures(new Pixels(2, SIDE, SIDE, values)))
                .isInstanceOf(WurstchenException.class)
                .hasMessage("Stage A: a pixel is -Infinity; use a bundle that computes in fp32");
    }

    @Test
    void lastPixelThatIsNotFinite_isFound() {
        float[] values = new float[VALUES];
        values[VALUES - 1] = Float.NaN;

        assertThatThrownBy(() -> batch().pictures(new Pixels(2, SIDE, SIDE, values)))
                .isInstanceOf(WurstchenException.class)
                .hasMessage("Stage A: a pixel is NaN; use a bundle that computes in fp32");
    }
}
