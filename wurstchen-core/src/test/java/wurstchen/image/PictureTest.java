package wurstchen.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.primitives.Floats;
import java.util.ArrayList;
import java.util.List;
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

    /** Large enough that several threads take part, with a rest that fills no task. */
    @Test
    void fromPixels_everyBoundary_isRoundedAsTheFormulaSays() {
        float[] boundaries = boundaries();
        int height = 331;
        int width = 313;
        int plane = height * width;
        float[] values = new float[2 * 3 * plane];
        for (int i = 0; i < values.length; i++) {
            values[i] = boundaries[i % boundaries.length];
        }

        List<Picture> pictures = Picture.fromPixels(new Pixels(2, height, width, values));

        byte[][] expected = new byte[2][3 * plane];
        for (int i = 0; i < values.length; i++) {
            float level = Math.min(Math.max(values[i], 0.0f), 1.0f) * 255.0f;
            expected[i / (3 * plane)][i % plane * 3 + i / plane % 3] = (byte) (int) Math.rint(level);
        }
        assertThat(pictures).extracting(Picture::toBytes).containsExactly(expected);
    }

    /** Every level and every half between two, with the values next to them, what is out of range, and what is no number. */
    private static float[] boundaries() {
        List<Float> values = new ArrayList<>(List.of(
                -0f, -1e30f, 1e30f, Float.MIN_VALUE, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY, Float.NaN));
        for (int halves = -2; halves <= 512; halves++) {
            float value = halves / 2f / 255;
            values.addAll(List.of(Math.nextDown(Math.nextDown(value)), Math.nextDown(value), value, Math.nextUp(value)));
            values.add(Math.nextUp(Math.nextUp(value)));
        }
        return Floats.toArray(values);
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
