package wurstchen.sampling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import org.junit.jupiter.api.Test;
import wurstchen.golden.GoldenFile;

class TorchRandomTest {
    /** PyTorch takes its logarithms and cosines in float32 approximations; the largest difference seen in 20 million draws is 4.8e-7. */
    private static final float TOLERANCE = 1e-6f;

    @Test
    void draws_anySeedAndSizes_areTorchs() {
        for (JsonNode golden : GoldenFile.list(GoldenFile.read("random.json").path("cases"))) {
            TorchRandom random = new TorchRandom(golden.path("seed").longValue());
            for (JsonNode draw : GoldenFile.list(golden.path("draws"))) {
                float[] values = draw(random, draw.path("size").intValue());
                String what = "seed " + golden.path("seed") + ", draw of " + values.length;
                if (draw.has("values")) {
                    assertThat(values).as(what).hasSize(draw.path("values").size());
                    assertStartsWith(what, values, 0, GoldenFile.floats(draw.path("values")));
                } else {
                    float[] tail = GoldenFile.floats(draw.path("tail"));
                    assertStartsWith(what, values, 0, GoldenFile.floats(draw.path("head")));
                    assertStartsWith(what, values, values.length - tail.length, tail);
                }
            }
        }
    }

    @Test
    void seeds_equalInTheirLow32Bits_giveTheSameNumbers() {
        assertThat(draw(new TorchRandom(-1), 100)).isEqualTo(draw(new TorchRandom(0xffffffffL), 100));
        assertThat(draw(new TorchRandom(5), 100)).isEqualTo(draw(new TorchRandom(5 + (1L << 32)), 100));
    }

    @Test
    void smallDraws_cutAnyWay_giveTheSameStream() {
        TorchRandom cut = new TorchRandom(3);
        float[] pieces = new float[15];
        cut.normal(pieces, 0, 1);
        cut.normal(pieces, 1, 7);
        cut.normal(pieces, 8, 0);
        cut.normal(pieces, 8, 7);
        assertThat(pieces).isEqualTo(draw(new TorchRandom(3), 15));
    }

    @Test
    void largeDraw_thatThreadsShare_isThatOfSmallerOnesInTurn() {
        TorchRandom cut = new TorchRandom(11);
        float[] pieces = new float[100_000];
        for (int from = 0; from < pieces.length; from += 4000) {
            cut.normal(pieces, from, 4000);
        }
        assertThat(draw(new TorchRandom(11), 100_000)).isEqualTo(pieces);
    }

    @Test
    void keptValue_acrossALargeDraw_comesNext() {
        float[] small = draw(new TorchRandom(9), 2);
        TorchRandom random = new TorchRandom(9);
        assertThat(draw(random, 1)).containsExactly(small[0]);
        draw(random, 48);
        assertThat(draw(random, 1)).containsExactly(small[1]);
    }

    @Test
    void draw_intoARange_leavesTheRest() {
        float[] values = new float[40];
        new TorchRandom(1).normal(values, 10, 20);
        float[] alone = draw(new TorchRandom(1), 20);
        for (int i = 0; i < values.length; i++) {
            assertThat(values[i]).isEqualTo(i < 10 || i >= 30 ? 0 : alone[i - 10]);
        }
    }

    @Test
    void draw_beyondTheArray_throwsAndDrawsNothing() {
        TorchRandom random = new TorchRandom(1);
        assertThatThrownBy(() -> random.normal(new float[10], 5, 6)).isInstanceOf(IndexOutOfBoundsException.class);
        assertThat(draw(random, 20)).isEqualTo(draw(new TorchRandom(1), 20));
    }

    @Test
    void manyDraws_haveMeanZeroAndVarianceOne() {
        float[] values = draw(new TorchRandom(123), 1_000_003);
        double sum = 0;
        double squares = 0;
        for (float value : values) {
            sum += value;
            squares += (double) value * value;
        }
        assertThat(sum / values.length).isCloseTo(0, within(0.005));
        assertThat(squares / values.length).isCloseTo(1, within(0.005));
    }

    private static float[] draw(TorchRandom random, int length) {
        float[] values = new float[length];
        random.normal(values, 0, length);
        return values;
    }

    private static void assertStartsWith(String what, float[] actual, int from, float[] expected) {
        for (int i = 0; i < expected.length; i++) {
            assertThat(actual[from + i]).as("%s, value %s", what, from + i).isCloseTo(expected[i], within(TOLERANCE));
        }
    }
}
