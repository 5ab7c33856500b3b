package wurstchen.stage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Optional;
import org.junit.jupiter.api.Test;
import wurstchen.image.Picture;

class PixelsTest {
    /** Two pictures of one pixel, of which levels are asked for alone. */
    private static final class Levels implements Pixels.Source {
        private int closed;

        @Override
        public float[] values() {
            throw new AssertionError("values are not needed");
        }

        @Override
        public byte[] levels(int picture) {
            return new byte[] {(byte) picture, 0, (byte) 255};
        }

        @Override
        public Optional<Float> notFinite() {
            return Optional.of(Float.NaN);
        }

        @Override
        public void close() {
            closed++;
        }
    }

    @Test
    void wrongLength_throws() {
        assertThatThrownBy(() -> new Pixels(1, 2, 2, new float[11]))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("pixels of shape [1, 3, 2, 2] need 12 values, got 11");
    }

    @Test
    void dimensionOfZero_throws() {
        assertThatThrownBy(() -> Pixels.of(1, 0, 2, new Levels()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("every dimension of pixels must be at least 1, got [1, 3, 0, 2]");
    }

    @Test
    void array_isHandedOver_andReadAsLevels() {
        float[] values = {0, 0.2f, 0.4f, 1, 2, -1};
        Pixels pixels = new Pixels(1, 1, 2, values);
        pixels.close();

        assertThat(pixels.values()).isSameAs(values);
        assertThat(pixels.levels(0)).containsExactly(0, 102, 255, 51, 255, 0);
        assertThat(pixels.notFinite()).isEmpty();
        assertThat(pixels).hasToString("Pixels[1, 3, 1, 2]");
    }

    @Test
    void array_firstValueThatIsNotFinite_isFound() {
        float[] values = new float[3 * 512 * 512 * 2];
        values[values.length - 1] = Float.NaN;
        values[values.length / 2] = Float.NEGATIVE_INFINITY;

        assertThat(new Pixels(2, 512, 512, values).notFinite()).contains(Float.NEGATIVE_INFINITY);
    }

    @Test
    void pictureThatThereIsNot_throws() {
        assertThatThrownBy(() -> new Pixels(1, 1, 1, new float[3]).levels(1))
                .isInstanceOf(IndexOutOfBoundsException.class)
                .hasMessage("picture (1) must be less than size (1)");
    }

    @Test
    void source_givesPictures_withoutItsValues() {
        Levels source = new Levels();
        try (Pixels pixels = Pixels.of(2, 1, 1, source)) {
            assertThat(Picture.fromPixels(pixels)).extracting(picture -> picture.rgb(0, 0)).containsExactly(0x0000ff, 0x0100ff);
            assertThat(pixels.notFinite()).contains(Float.NaN);
            assertThat(pixels.pictures()).isEqualTo(2);
            assertThat(source.closed).isZero();
        }
        assertThat(source.closed).isOne();
    }
}
