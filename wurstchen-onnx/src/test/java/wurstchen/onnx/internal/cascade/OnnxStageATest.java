package wurstchen.onnx.internal.cascade;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import wurstchen.image.Picture;
import wurstchen.onnx.Golden;
import wurstchen.onnx.internal.binding.CpuProvider;
import wurstchen.onnx.internal.binding.JavaMemory;
import wurstchen.onnx.internal.binding.RemotePlace;
import wurstchen.onnx.internal.bundle.Resources;
import wurstchen.onnx.internal.bundle.VerifiedBundle;
import wurstchen.onnx.internal.graph.OnnxEngine;
import wurstchen.stage.LatentShape;
import wurstchen.stage.Latents;
import wurstchen.stage.Pixels;

/** What Stage A's pixels are as values and as levels. */
class OnnxStageATest {
    private static final LatentShape SHAPE = new LatentShape(2, 4, 6, 5);
    private static final int PICTURE = 3 * 24 * 20;

    /** Memory of this process, memory that copies as a GPU's does, and memory without the C API. */
    static Stream<CpuProvider> providers() {
        return Stream.of(
                new CpuProvider(1),
                new CpuProvider(1).withMemory("remote", RemotePlace::openMemory),
                new CpuProvider(1).withMemory("java", () -> new JavaMemory("of a test")));
    }

    private static Latents latents(float first) {
        Random random = new Random(3);
        float[] values = new float[SHAPE.values()];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) (8 * random.nextGaussian());
        }
        values[0] = first;
        return Latents.onHost(SHAPE, values);
    }

    @ParameterizedTest
    @MethodSource("providers")
    void levels_areTheValuesRounded_bitForBit(CpuProvider provider) {
        try (VerifiedBundle bundle = VerifiedBundle.open(Golden.BUNDLE);
                OnnxStageA stage = OnnxStageA.open(bundle, provider);
                Pixels pixels = stage.decode(latents(0))) {
            assertThat(pixels).hasToString("Pixels[2, 3, 24, 20]");
            Pixels onHost = new Pixels(2, 24, 20, pixels.values());

            assertThat(Picture.fromPixels(pixels)).isEqualTo(Picture.fromPixels(onHost));
            assertThat(pixels.levels(1)).hasSize(PICTURE).isNotEqualTo(pixels.levels(0));
            assertThat(pixels.notFinite()).isEmpty();
        }
    }

    @Test
    void levelsIn16Bits_areTheValuesRounded() {
        try (VerifiedBundle bundle = VerifiedBundle.open(Golden.FP16_BUNDLE);
                OnnxStageA stage = OnnxStageA.open(bundle, new CpuProvider(1));
                Pixels pixels = stage.decode(latents(0))) {
            assertThat(Picture.fromPixels(pixels)).isEqualTo(Picture.fromPixels(new Pixels(2, 24, 20, pixels.values())));
        }
    }

    @ParameterizedTest
    @MethodSource("providers")
    void pictures_takeALevelAValueToTheHost(CpuProvider provider) {
        OnnxEngine engine = OnnxEngine.open(provider);
        try (VerifiedBundle bundle = VerifiedBundle.open(Golden.BUNDLE);
                OnnxStageA stage = OnnxStageA.open(bundle, engine);
                Pixels pixels = stage.decode(latents(0))) {
            long before = engine.transfers().bytesToHost();
            pixels.notFinite();
            Picture.fromPixels(pixels);

            assertThat(engine.transfers().bytesToHost() - before).isEqualTo(2 * PICTURE + Float.BYTES);
        } finally {
            engine.release();
        }
    }

    @ParameterizedTest
    @MethodSource("providers")
    void valueThatIsNoNumber_isFound(CpuProvider provider) {
        try (VerifiedBundle bundle = VerifiedBundle.open(Golden.BUNDLE);
                OnnxStageA stage = OnnxStageA.open(bundle, provider);
                Pixels pixels = stage.decode(latents(Float.NaN))) {
            assertThat(pixels.notFinite()).contains(Float.NaN);
        }
    }

    @Test
    void pixels_outliveTheirStage_untilTheyAreClosed() {
        try (VerifiedBundle bundle = VerifiedBundle.open(Golden.BUNDLE)) {
            Pixels pixels;
            try (OnnxStageA stage = OnnxStageA.open(bundle, new CpuProvider(1))) {
                pixels = stage.decode(latents(0));
            }
            assertThat(pixels.values()).hasSize(2 * PICTURE);
            pixels.close();
            pixels.close();

            assertThatThrownBy(pixels::values).isInstanceOf(IllegalStateException.class).hasMessage("these pixels are closed");
            assertThatThrownBy(() -> pixels.levels(0)).isInstanceOf(IllegalStateException.class).hasMessage("these pixels are closed");
            assertThatThrownBy(pixels::notFinite).isInstanceOf(IllegalStateException.class).hasMessage("these pixels are closed");
        }
    }

    /** The model in the box is from before Stage A gave levels. */
    @Test
    void bundleWithoutLevels_givesValues() {
        try (VerifiedBundle bundle =
                        VerifiedBundle.openResource(Resources.of(OnnxStageA.class.getClassLoader()), "wurstchen/model");
                OnnxStageA stage = OnnxStageA.open(bundle, new CpuProvider(1));
                Pixels pixels = stage.decode(latents(0))) {
            assertThat(bundle.manifest().graphs().get("stage_a_decode").outputs()).hasSize(1);
            assertThat(pixels.values()).hasSize(2 * PICTURE);
            assertThat(pixels.levels(0)).hasSize(PICTURE);
        }
    }

    @Test
    void levelsThatAreNoMultipleOf4Bytes_areNotRead() {
        assertThat(OnnxPixels.canRead(24, 20)).isTrue();
        assertThat(OnnxPixels.canRead(3, 6)).isFalse();
    }
}
