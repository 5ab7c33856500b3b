package wurstchen;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import wurstchen.fixtures.FormulaStages;
import wurstchen.internal.StageMeter;
import wurstchen.internal.StopSignal;
import wurstchen.stage.Engine;
import wurstchen.stage.LatentGeometry;
import wurstchen.stage.Pixels;

/** What becomes of pixels so many that several threads look at them. */
class PictureBatchTest {
    private static final int SIDE = 512;
    private static final int VALUES = 2 * 3 * SIDE * SIDE;

    private final PictureRequest request = PictureRequest.builder("a").seed(7).size(SIDE, SIDE).pictures(2).build();
    private final PictureSettings settings = request.settings(FormulaStages.DEFAULTS);
    private final RunProgress progress = progress(request);

    private RunProgress progress(PictureRequest request) {
        return new RunProgress(request, settings, new StageMeter(Engine.NONE), new StopSignal());
    }

    private void finish(float[] values) {
        finish(new Pixels(2, SIDE, SIDE, values), progress);
    }

    private void finish(Pixels pixels, RunProgress progress) {
        try (PictureBatch batch = new PictureBatch(new LatentGeometry(42.67, 10.67, 16, 4, 16, 4), settings, 0, 2)) {
            batch.finish(pixels, picture -> picture, PictureOrigin.UNKNOWN, progress);
        }
    }

    @Test
    void finitePixels_becomeOnePictureASeed() {
        finish(new float[VALUES]);

        assertThat(progress.finished().kept())
                .extracting(picture -> picture.settings().seed())
                .containsExactly(7L, 8L);
    }

    @Test
    void severalPixelsThatAreNotFinite_theFirstOneIsNamed() {
        float[] values = new float[VALUES];
        values[VALUES / 2 + 1] = Float.NEGATIVE_INFINITY;
        values[VALUES - 1] = Float.NaN;

        assertThatThrownBy(() -> finish(values))
                .isInstanceOf(WurstchenException.class)
                .hasMessage("Stage A: a pixel is -Infinity; use a bundle that computes in fp32");
        assertThat(progress.finished().count()).isZero();
    }

    @Test
    void lastPixelThatIsNotFinite_isFound() {
        float[] values = new float[VALUES];
        values[VALUES - 1] = Float.NaN;

        assertThatThrownBy(() -> finish(values))
                .isInstanceOf(WurstchenException.class)
                .hasMessage("Stage A: a pixel is NaN; use a bundle that computes in fp32");
    }

    @Test
    void pixels_areClosed_beforeTheFirstPictureIsTaken() {
        List<Boolean> closed = new ArrayList<>();
        boolean[] open = {true};
        Pixels.Source source = new Pixels.Source() {
            @Override
            public float[] values() {
                return new float[3];
            }

            @Override
            public byte[] levels(int picture) {
                return new byte[3 * SIDE * SIDE];
            }

            @Override
            public Optional<Float> notFinite() {
                return Optional.empty();
            }

            @Override
            public void close() {
                open[0] = false;
            }
        };
        PictureRequest taken = request.toBuilder().consumer(picture -> closed.add(!open[0])).build();
        finish(Pixels.of(2, SIDE, SIDE, source), progress(taken));

        assertThat(closed).containsExactly(true, true);
    }
}
