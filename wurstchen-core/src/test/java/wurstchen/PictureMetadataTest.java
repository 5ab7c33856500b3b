package wurstchen;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import wurstchen.fixtures.FormulaStages;
import wurstchen.image.Png;
import wurstchen.sampling.Timesteps;

class PictureMetadataTest {
    private static final PictureOrigin ORIGIN = new PictureOrigin("box, small", "0123456789abcdef", "plain Java", 2, "1.2.3");

    private static PictureMetadata metadata(PictureRequest.Builder request) {
        return new PictureMetadata(request.build().settings(FormulaStages.DEFAULTS), ORIGIN);
    }

    private final PictureMetadata metadata = metadata(PictureRequest.builder("a \"b\"\n猫")
            .negativePrompt("c")
            .seed(Long.MIN_VALUE)
            .stageCTimesteps(Timesteps.of(1, 0.75f, 0))
            .stageBGuidance(1.5f));

    @Test
    void json_hasEveryValueAndComesBack() {
        assertThat(metadata.toJson())
                .isEqualTo("{\"prompt\":\"a \\\"b\\\"\\n猫\",\"negative-prompt\":\"c\",\"seed\":-9223372036854775808,\"width\":256,"
                        + "\"height\":128,\"stage-c-steps\":2,\"stage-c-timesteps\":[1.0,0.75,0.0],\"stage-c-guidance\":4.0,"
                        + "\"stage-b-steps\":2,\"stage-b-guidance\":1.5,\"model\":\"box, small\",\"model-sha256\":\"0123456789abcdef\","
                        + "\"device\":\"plain Java\",\"batch-size\":2,\"library-version\":\"1.2.3\"}");
        assertThat(PictureMetadata.fromJson(metadata.toJson())).isEqualTo(metadata);
        assertThat(PictureRequest.from(PictureMetadata.fromJson(metadata.toJson()))).isEqualTo(metadata.settings().toRequest());
    }

    @Test
    void stageCDefault_comesBackBitForBit() {
        PictureMetadata reference = metadata(PictureRequest.builder("a").seed(1).stageCTimesteps(Timesteps.stageCDefault()));

        assertThat(PictureMetadata.fromJson(reference.toJson()).settings().stageCTimesteps()).isEqualTo(Timesteps.stageCDefault());
    }

    @Test
    void parameters_areInTheFormOfOtherTools() {
        assertThat(metadata.toParameters())
                .isEqualTo("a \"b\"\n猫\nNegative prompt: c\nSteps: 2, Sampler: DDPM Wuerstchen, CFG scale: 4.0, Seed: -9223372036854775808,"
                        + " Size: 256x128, Model hash: 0123456789, Model: \"box, small\", Stage B steps: 2, Stage B CFG scale: 1.5,"
                        + " Version: wurstchen 1.2.3");
        PictureMetadata bare = new PictureMetadata(
                PictureRequest.builder("a").seed(1).build().settings(FormulaStages.DEFAULTS), PictureOrigin.UNKNOWN);
        assertThat(bare.toParameters())
                .isEqualTo("a\nSteps: 3, Sampler: DDPM Wuerstchen, CFG scale: 4.0, Seed: 1, Size: 256x128, Stage B steps: 2, Stage B CFG scale:"
                        + " 0.0, Version: wurstchen");
    }

    @Test
    void text_comesBackWithTheJsonAndWithout() {
        Map<String, String> text = new HashMap<>(metadata.toText());
        assertThat(PictureMetadata.fromText(text)).isEqualTo(metadata);
        text.remove(PictureMetadata.JSON);
        assertThat(PictureMetadata.fromText(text)).isEqualTo(metadata);
    }

    @Test
    void filesOfEarlierVersions_areRead() {
        assertThat(PictureMetadata.fromText(metadata.settings().toText()))
                .isEqualTo(new PictureMetadata(metadata.settings(), PictureOrigin.UNKNOWN));
    }

    @Test
    void picture_saysWhatMadeIt() {
        try (Wurstchen wurstchen = new FormulaStages().pipeline().model("formulas", "ab12").build()) {
            PictureResult result = wurstchen.generate(PictureRequest.builder("a").seed(1).pictures(3).batchSize(2).build());

            PictureOrigin origin = result.first().metadata().origin();
            assertThat(origin.model()).isEqualTo("formulas");
            assertThat(origin.modelSha256()).isEqualTo("ab12");
            assertThat(origin.device()).isEqualTo(result.engine());
            assertThat(origin.library()).matches("\\d+\\.\\d+.*");
            assertThat(result.pictures()).extracting(picture -> picture.metadata().origin().batchSize()).containsExactly(2, 2, 1);
            Png png = Png.read(new ByteArrayInputStream(result.first().toPng()));
            assertThat(PictureMetadata.fromText(png.text())).isEqualTo(result.first().metadata());
        }
    }

    @Test
    void values_areTextsInTheirOrder() {
        assertThat(PictureMetadata.valuesOf("{\"b\": [1, 0.5], \"a\": -2, \"c\": true, \"d\": \"x\"}"))
                .isEqualTo(Map.of("a", "-2", "b", "1, 0.5", "c", "true", "d", "x"))
                .extracting(values -> java.util.List.copyOf(values.keySet()))
                .isEqualTo(java.util.List.of("b", "a", "c", "d"));
        assertThatThrownBy(() -> PictureMetadata.valuesOf("[]"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("expected a JSON object such as {\"prompt\": \"a red apple\"}, got '[]'");
    }

    private static void assertRefused(String json, String message) {
        assertThatThrownBy(() -> PictureMetadata.fromJson(json)).isInstanceOf(IllegalArgumentException.class).hasMessage(message);
    }

    @Test
    void whatIsNoJsonObject_isRefused() {
        assertRefused("[1]", "expected a JSON object such as {\"prompt\": \"a red apple\"}, got '[1]'");
        assertRefused("", "expected a JSON object such as {\"prompt\": \"a red apple\"}, got ''");
        assertRefused("{} {}", "expected one JSON object, found more behind it: '{} {}'");
        assertRefused("{\"prompt\": {}}", "'prompt' must be a text, a number, true, false or a list of numbers");
        assertRefused("{\"prompt\": null}", "'prompt' must be a text, a number, true, false or a list of numbers");
        assertRefused("{\"a\": 1, \"a\": 2}", "not JSON: Duplicate field 'a' at column 13 of '{\"a\": 1, \"a\": 2}'");
        assertRefused("{}", "settings need 'prompt', found only []");
        assertRefused(
                metadata.toJson().replace("\"batch-size\":2", "\"batch-size\":\"two\""), "setting 'batch-size' must be a whole number, got 'two'");
        assertRefused(metadata.toJson().replace("\"batch-size\":2", "\"batch-size\":0"), "batch size must be at least 1, got 0");
    }
}
