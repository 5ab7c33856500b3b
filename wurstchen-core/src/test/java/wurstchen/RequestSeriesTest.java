package wurstchen;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static wurstchen.Distances.distance;

import java.util.List;
import org.junit.jupiter.api.Test;
import wurstchen.fixtures.FormulaStages;
import wurstchen.image.Picture;
import wurstchen.progress.CascadeStage;
import wurstchen.stage.Pixels;

/** Pictures between two others. */
class RequestSeriesTest {
    private final Wurstchen wurstchen = new FormulaStages().pipeline().build();

    private static PictureRequest.Builder request(String prompt, long seed) {
        return PictureRequest.builder(prompt).seed(seed).stageCSteps(2);
    }

    private static Picture plain(float value) {
        float[] values = new float[3 * 256 * 128];
        java.util.Arrays.fill(values, value);
        return Picture.fromPixels(new Pixels(1, 128, 256, values)).get(0);
    }

    private float[] latents(PictureRequest request) {
        return wurstchen.generate(request.toBuilder().stopAfter(CascadeStage.STAGE_C).build()).stageCLatents().get(0).toArray();
    }

    private Picture picture(PictureRequest request) {
        return wurstchen.generate(request).first().picture();
    }

    @Test
    void ends_areTheEnds() {
        PictureRequest first = request("a", 1).build();
        PictureRequest last = request("z", 2).build();
        List<PictureRequest> series = first.seriesTo(last, 4);
        assertThat(series).hasSize(4).startsWith(first).endsWith(last);
        assertThat(first.seriesTo(last, 2)).containsExactly(first, last);
    }

    @Test
    void equalEnds_giveTheSamePicture_bitForBit() {
        PictureRequest end = request("ab", 5).image(plain(0.4f)).build();
        for (PictureRequest request : end.seriesTo(end, 4)) {
            assertThat(picture(request)).isEqualTo(picture(end));
        }
    }

    /** The hidden states of the formulas are token ids, which act on the latents in proportion. */
    @Test
    void prompts_areMixedInProportion() {
        PictureRequest first = request("a", 5).stageCGuidance(0).build();
        PictureRequest last = request("z", 5).stageCGuidance(0).build();
        float[] start = latents(first);
        float[] end = latents(last);
        float[] quarter = latents(first.seriesTo(last, 5).get(1));
        for (int i = 0; i < start.length; i++) {
            assertThat(quarter[i]).isCloseTo(start[i] + 0.25f * (end[i] - start[i]), org.assertj.core.api.Assertions.within(1e-4f));
        }
        assertThat(quarter).isNotEqualTo(start);
    }

    @Test
    void pictures_areMixedInProportion() {
        PictureRequest first = request("a", 5).image(plain(0)).strength(0).build();
        PictureRequest last = request("a", 5).image(plain(1)).strength(0).build();
        float[] half = latents(first.seriesTo(last, 3).get(1));
        for (int channel = 0; channel < 16; channel++) {
            assertThat(half[channel * 18]).isEqualTo(0.5f / (channel + 1));
        }
    }

    /** The latents of one step are a multiple of the noise, but for the prompt's share. */
    @Test
    void noise_keepsItsStrength() {
        PictureRequest first = request("", 1).stageCSteps(1).build();
        double ends = (deviation(latents(first)) + deviation(latents(request("", 2).stageCSteps(1).build()))) / 2;
        for (PictureRequest request : first.seriesTo(request("", 2).stageCSteps(1).build(), 5)) {
            assertThat(deviation(latents(request)) / ends).isBetween(0.95, 1.05);
        }
    }

    private static double deviation(float[] values) {
        double mean = 0;
        double square = 0;
        for (float value : values) {
            mean += value / values.length;
            square += value * value / values.length;
        }
        return Math.sqrt(square - mean * mean);
    }

    @Test
    void neighbours_areNearerThanTheEnds() {
        PictureRequest first = request("a", 1).build();
        List<PictureRequest> series = first.seriesTo(request("z", 2).build(), 9);
        double whole = distance(latents(series.get(0)), latents(series.get(8)));
        for (int i = 0; i < 8; i++) {
            assertThat(distance(latents(series.get(i)), latents(series.get(i + 1)))).isBetween(1e-6, whole / 2);
        }
    }

    @Test
    void pictureBetween_saysHowItWasMade() {
        PictureRequest first = request("a", 1).image(plain(0)).build();
        PictureRequest last = request("z", 2).image(plain(1)).negativePrompt("n").build();
        PictureRequest middle = first.seriesTo(last.toBuilder().build(), 3).get(1);
        GeneratedPicture made = wurstchen.generate(middle).first();

        PictureSettings read = PictureSettings.fromText(made.settings().toText());

        assertThat(read).isEqualTo(made.settings());
        assertThat(read.toText())
                .containsEntry("blend-share", "0.5")
                .containsEntry("blend-prompt", "z")
                .containsEntry("blend-negative-prompt", "n")
                .containsEntry("blend-seed", "2")
                .containsEntry("blend-image-sha256", plain(1).sha256());
    }

    @Test
    void pictureBetweenTwoPrompts_isMadeAgainFromItsSettings() {
        PictureRequest middle = request("a", 1).build().seriesTo(request("z", 2).build(), 3).get(1);
        GeneratedPicture made = wurstchen.generate(middle).first();
        assertThat(wurstchen.generate(PictureSettings.fromText(made.settings().toText()).toRequest()).first()).isEqualTo(made);
    }

    @Test
    void badEnds_areRefused() {
        PictureRequest end = request("a", 1).build();
        assertRefused(() -> end.seriesTo(end, 1), "a series has 2 to 10000 pictures, got 1");
        assertRefused(
                () -> end.seriesTo(PictureRequest.builder("a").stageCSteps(2).build(), 3),
                "both ends of a series need a seed: set one");
        assertRefused(
                () -> end.seriesTo(request("a", 1).pictures(2).build(), 3), "both ends of a series make one picture, got 2");
        assertRefused(
                () -> end.seriesTo(request("a", 1).image(plain(0)).build(), 3),
                "a series goes between two pictures or between none: set an image in both of its ends");
        assertRefused(
                () -> end.seriesTo(request("a", 1).stageCSteps(3).build(), 3),
                "the ends of a series may differ in prompt, negative prompt, seed and image, "
                        + "got PictureRequest[prompt=\"\", stageCSteps=2] and PictureRequest[prompt=\"\", stageCSteps=3]");
        assertRefused(
                () -> end.seriesTo(end.seriesTo(request("b", 1).build(), 3).get(1), 3),
                "an end of a series must not be between two others, or begin with latents");
    }

    private static void assertRefused(org.assertj.core.api.ThrowableAssert.ThrowingCallable call, String message) {
        assertThatThrownBy(call).isInstanceOf(IllegalArgumentException.class).hasMessage(message);
    }
}
