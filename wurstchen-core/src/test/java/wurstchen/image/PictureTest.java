package wurstchen.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import wurstchen.stage.Pixels;

class PictureTest {
    @Test
    void fromPixels_planes_becomePixelsRowByRow() {
        float[] values = {1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0};
        Picture picture = Picture.fromPixels(new Pixels(1, 2, 2, values)).get(0);
        assertThat(picture.rgb(0, 0)).isEqualTo(0xff0000);
        assertThat(picture.rgb(1, 0)).isEqualTo(0x00ff00);
        assertThat(picture.rgb(0, 1)).isEqualTo(0x0000ff);
        assertThat(picture.rgb(1, 1)).isEqualTo(0x000000);
    }

    @Test
    void fromPixels_halves_roundToEven() {
        // 0.5 / 255 and 1.5 / 255 in float32, times 255, are exactly 0.5 and 1.5: numpy rounds them to 0 and 2.
        float[] values = {0.5f / 255, 1.5f / 255, 2.5f / 255};
        Picture picture = Picture.fromPixels(new Pixels(1, 1, 1, values)).get(0);
        assertThat(picture.rgb(0, 0)).isEqualTo(0x000202);
    }

    @Test
    void fromPixels_outOfRange_clamps() {
        Picture picture = Picture.fromPixels(new Pixels(1, 1, 1, new float[] {-0.5f, 1.5f, 0.2f})).get(0);
        assertThat(picture.rgb(0, 0)).isEqualTo(0x00ff33);
    }

    @Test
    void fromPixels_batch_givesOnePictureEach() {
        Pixels pixels = new Pixels(2, 1, 1, new float[] {0, 0, 0, 1, 1, 1});
        assertThat(Picture.fromPixels(pixels)).extracting(picture -> picture.rgb(0, 0)).containsExactly(0x000000, 0xffffff);
    }

    @Test
    void imagesAndPixels_thereAndBack_areTheSame() {
        Picture picture = Picture.fromPixels(new Pixels(1, 1, 2, new float[] {0.1f, 0.2f, 0.3f, 0.4f, 0.5f, 0.6f})).get(0);
        assertThat(Picture.fromImage(picture.toImage())).isEqualTo(picture).hasSameHashCodeAs(picture);
        assertThat(Picture.fromPixels(picture.toPixels())).containsExactly(picture);
    }

    @Test
    void rgb_outside_throws() {
        Picture picture = Picture.fromPixels(new Pixels(1, 1, 1, new float[3])).get(0);
        assertThatThrownBy(() -> picture.rgb(1, 0))
                .isInstanceOf(IndexOutOfBoundsException.class)
                .hasMessage("x (1) must be less than size (1)");
    }
}
