package wurstchen;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import wurstchen.fixtures.FormulaStages;
import wurstchen.image.Png;
import wurstchen.sampling.Timesteps;

/** Settings as text, as a request, and in PNG files. */
class PictureSettingsTest {
    private static PictureSettings settings(PictureRequest.Builder request) {
        return request.build().settings(FormulaStages.DEFAULTS);
    }

    private final PictureSettings settings =
            settings(PictureRequest.builder("a: \"b\"").negativePrompt("c").seed(-7).stageCGuidance(6.3f));

    @Test
    void text_hasEveryValueInOrder() {
        assertThat(settings.toText())
                .containsExactly(
                        Map.entry("prompt", "a: \"b\""),
                        Map.entry("negative-prompt", "c"),
                        Map.entry("seed", "-7"),
                        Map.entry("width", "256"),
                        Map.entry("height", "128"),
                        Map.entry("stage-c-steps", "3"),
                        Map.entry("stage-c-guidance", "6.3"),
                        Map.entry("stage-b-steps", "2"),
                        Map.entry("stage-b-guidance", "0.0"));
        assertThatThrownBy(() -> settings.toText().clear()).isInstanceOf(UnsupportedOperationException.class);
    }

    @Test
    void textRead_givesTheSameSettings() {
        assertThat(PictureSettings.fromText(settings.toText())).isEqualTo(settings).hasSameHashCodeAs(settings);
    }

    @Test
    void timestepsThatAreNotUniform_areWrittenAndReadBitForBit() {
        PictureSettings own = settings(PictureRequest.builder("a")
                .seed(1)
                .stageCTimesteps(Timesteps.stageCDefault())
                .stageBTimesteps(Timesteps.of(0.9f, 1 / 3f, 0.1f)));

        assertThat(own.toText())
                .containsEntry("stage-c-steps", "29")
                .containsEntry("stage-b-timesteps", "0.9, 0.33333334, 0.1")
                .containsEntry("stage-b-steps", "2");
        assertThat(PictureSettings.fromText(own.toText())).isEqualTo(own);
    }

    @Test
    void settingsThatDiffer_areNotEqual() {
        assertThat(settings(PictureRequest.builder("a").seed(1))).isNotEqualTo(settings(PictureRequest.builder("a").seed(2)));
    }

    private static void assertRefused(Map<String, String> text, String message) {
        assertThatThrownBy(() -> PictureSettings.fromText(text)).isInstanceOf(IllegalArgumentException.class).hasMessage(message);
    }

    @Test
    void textThatLacksAValueOrHasAWrongOne_isRefused() {
        assertRefused(Map.of("seed", "1", "prompt", "a"), "settings need 'negative-prompt', found only [prompt, seed]");
        Map<String, String> text = new HashMap<>(settings.toText());
        text.put("seed", "one");
        assertRefused(text, "setting 'seed' must be a whole number from -2^63 to 2^64 - 1, got 'one'");
        text.put("seed", "1");
        text.put("width", "0");
        assertRefused(text, "width must be at least 1, got 0");
        text.put("width", "128");
        text.put("stage-c-timesteps", "1, 2");
        assertRefused(text, "timesteps[1] must be a number in [0, 1], got 2.0; 1 is pure noise and 0 is a clean picture");
        text.put("stage-c-timesteps", "1;0");
        assertRefused(text, "setting 'stage-c-timesteps' must be numbers with ', ' between, got '1;0'");
        text.remove("stage-c-timesteps");
        text.put("stage-c-steps", "-1");
        assertRefused(text, "stage C steps must be 1 to 1000, got -1");
    }

    @Test
    void requestOfSettings_makesThePictureAgain() {
        try (Wurstchen wurstchen = new FormulaStages().pipeline().build()) {
            GeneratedPicture picture = wurstchen.generate("a b").first();

            GeneratedPicture again = wurstchen.generate(picture.settings().toRequest()).first();

            assertThat(again).isEqualTo(picture).hasSameHashCodeAs(picture);
        }
    }

    @Test
    void pictureWrittenAsPng_isReadWithItsSettings() {
        try (Wurstchen wurstchen = new FormulaStages().pipeline().build()) {
            GeneratedPicture picture = wurstchen.generate("a b").first();
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            picture.writePng(out);

            assertThat(out.toByteArray()).isEqualTo(picture.toPng());
            assertThat(GeneratedPicture.readPng(new ByteArrayInputStream(out.toByteArray()))).isEqualTo(picture);
        }
    }

    @Test
    void pngWithoutSettings_isRefused() {
        try (Wurstchen wurstchen = new FormulaStages().pipeline().build()) {
            byte[] png = new Png(wurstchen.generate("a").first().picture(), Map.of("Software", "another")).toBytes();

            assertThatThrownBy(() -> GeneratedPicture.readPng(new ByteArrayInputStream(png)))
                    .isInstanceOf(WurstchenException.class)
                    .hasMessage("this PNG was not written by wurstchen: settings need 'prompt', found only [Software]");
        }
    }
}
