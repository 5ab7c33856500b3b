package wurstchen.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import org.junit.jupiter.api.Test;
import wurstchen.golden.GoldenFile;
import wurstchen.stage.Pixels;

class BilinearResizeTest {
    /** Of values in [0, 1]: sums of a few products in float32, in another order. Measured: 1.2e-7. */
    private static final float TOLERANCE = 5e-7f;

    @Test
    void everySize_isResizedAsPyTorchDoes() {
        JsonNode cases = GoldenFile.read("resize.json").get("cases");
        assertThat(cases).hasSize(6);
        for (JsonNode one : cases) {
            Pixels pixels = new Pixels(1, side(one, "from", 0), side(one, "from", 1), GoldenFile.floats(one.get("pixels")));

            Pixels resized = BilinearResize.resize(pixels, side(one, "to", 0), side(one, "to", 1));

            float[] expected = GoldenFile.floats(one.get("resized"));
            assertThat(resized.values()).hasSameSizeAs(expected);
            for (int i = 0; i < expected.length; i++) {
                assertThat(resized.values()[i]).as("value %s of %s", i, one.get("to")).isCloseTo(expected[i], within(TOLERANCE));
            }
        }
    }

    private static int side(JsonNode one, String name, int axis) {
        return one.get(name).get(axis).intValue();
    }

    @Test
    void ownSize_isNotTouched() {
        Pixels pixels = new Pixels(1, 1, 2, new float[] {0.1f, 0.2f, 0.3f, 0.4f, 0.5f, 0.6f});
        assertThat(BilinearResize.resize(pixels, 1, 2)).isSameAs(pixels);
    }

    @Test
    void severalPictures_areResizedAlone() {
        float[] values = new float[2 * 3 * 4 * 4];
        for (int i = 0; i < values.length; i++) {
            values[i] = i < values.length / 2 ? 0 : 1;
        }
        Pixels resized = BilinearResize.resize(new Pixels(2, 4, 4, values), 2, 3);
        for (int i = 0; i < resized.values().length; i++) {
            assertThat(resized.values()[i]).isEqualTo(i < resized.values().length / 2 ? 0 : 1, within(TOLERANCE));
        }
    }
}
