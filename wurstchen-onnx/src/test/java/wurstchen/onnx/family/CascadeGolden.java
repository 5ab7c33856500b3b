package wurstchen.onnx.family;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.stream.StreamSupport;
import wurstchen.PictureRequest;
import wurstchen.image.Picture;
import wurstchen.image.PictureReader;
import wurstchen.text.Prompt;

/**
 * What the reference (diffusers) made of the tiny Stable Cascade, and how near to it we must come. The files and tolerances are described in
 * export/wurstchen_export/checks/golden.py.
 */
public final class CascadeGolden {
    /** Random weights, written by the exporter. */
    public static final Path BUNDLE = Path.of("src/test/resources/tiny-cascade-bundle");

    private static final Path FOLDER = Path.of("src/test/resources/golden-cascade");

    /** Of the array's largest value: the reference's own float32 is as far from its float64. */
    private static final double LATENT_TOLERANCE = 5e-5;

    /** Share of the levels that may differ by one. */
    private static final double DIFFERENT_LEVELS = 1e-3;

    private static final int SAMPLED_LEVELS = 2;

    private static final JsonNode JSON = json();

    private CascadeGolden() {}

    private static JsonNode json() {
        try {
            return new ObjectMapper().readTree(FOLDER.resolve("cascade.json").toFile());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static List<Case> cases() {
        return elements(JSON.get("cases")).stream().map(Case::new).toList();
    }

    static Case named(String name) {
        return cases().stream().filter(one -> one.toString().equals(name)).findFirst().orElseThrow();
    }

    /** Pictures, what an encoder is given of each, and its embedding. */
    static List<JsonNode> imagePrompts() {
        return elements(JSON.get("image_prompts"));
    }

    static Picture picture(String file) {
        return PictureReader.create().read(FOLDER.resolve(file));
    }

    private static List<JsonNode> elements(JsonNode array) {
        return StreamSupport.stream(array.spliterator(), false).toList();
    }

    static float[] floats(JsonNode values) {
        float[] floats = new float[values.size()];
        for (int i = 0; i < floats.length; i++) {
            floats[i] = values.get(i).floatValue();
        }
        return floats;
    }

    /** One run and what the reference made of it. */
    record Case(JsonNode json) {
        List<JsonNode> pictures() {
            return elements(json.get("pictures"));
        }

        /** The request of all pictures: those that differ by more than the seed are a list of prompts, or requests of their own. */
        PictureRequest.Builder request(int index) {
            JsonNode request = pictures().get(index).get("request");
            PictureRequest.Builder builder = PictureRequest.builder(request.get("prompt").textValue())
                    .seed(request.get("seed").longValue())
                    .size(request.get("width").intValue(), request.get("height").intValue())
                    .stageCSteps(request.get("stage_c_steps").intValue())
                    .stageCGuidance(request.get("stage_c_guidance").floatValue())
                    .stageBSteps(request.get("stage_b_steps").intValue())
                    .stageBGuidance(request.get("stage_b_guidance").floatValue());
            elements(request.get("image_prompts")).forEach(file -> builder.imagePrompt(picture(file.textValue())));
            return request.get("negative_prompt").isNull()
                    ? builder
                    : builder.negativePrompt(request.get("negative_prompt").textValue());
        }

        /** All pictures as one request, made at a time. */
        PictureRequest.Builder batch() {
            List<Prompt> prompts = new ArrayList<>();
            for (JsonNode picture : pictures()) {
                JsonNode request = picture.get("request");
                String negative = request.get("negative_prompt").isNull() ? "" : request.get("negative_prompt").textValue();
                prompts.add(new Prompt(
                        request.get("prompt").textValue(), negative, OptionalLong.of(request.get("seed").longValue())));
            }
            return request(0).prompts(prompts).batchSize(prompts.size());
        }

        @Override
        public String toString() {
            return json.get("name").textValue();
        }
    }

    static void assertStageC(float[] actual, JsonNode picture) {
        assertLatents(actual, floats(picture.get("stage_c_latents").get("values")), 1, 0);
    }

    static void assertStageB(float[] actual, JsonNode picture) {
        assertLatents(
                actual,
                floats(picture.get("stage_b_latents")),
                JSON.get("strides").get("stage_b_latents").intValue(),
                picture.get("stage_b_latents_max").doubleValue());
    }

    private static void assertLatents(float[] actual, float[] expected, int stride, double most) {
        assertThat((actual.length + stride - 1) / stride).isEqualTo(expected.length);
        double largest = most;
        double difference = 0;
        for (int i = 0; i < expected.length; i++) {
            largest = Math.max(largest, Math.abs(expected[i]));
            difference = Math.max(difference, Math.abs(expected[i] - actual[i * stride]));
        }
        assertThat(difference / largest).as("largest difference, of the largest value").isLessThanOrEqualTo(LATENT_TOLERANCE);
    }

    static void assertPicture(Picture actual, JsonNode picture) {
        int stride = JSON.get("strides").get("levels").intValue();
        JsonNode expected = picture.get("levels");
        byte[] levels = actual.toBytes();
        assertThat((levels.length + stride - 1) / stride).isEqualTo(expected.size());
        assertLevels(levels, stride, expected);
        if (!picture.get("picture").isNull()) {
            byte[] whole = picture(picture.get("picture").textValue()).toBytes();
            assertThat(levels).hasSameSizeAs(whole);
            int different = 0;
            for (int i = 0; i < whole.length; i++) {
                int difference = Math.abs((levels[i] & 0xff) - (whole[i] & 0xff));
                assertThat(difference).as("difference of level %s", i).isLessThanOrEqualTo(1);
                different += difference;
            }
            assertThat(different).as("levels that differ by one").isLessThanOrEqualTo((int) (whole.length * DIFFERENT_LEVELS));
        }
    }

    /** Of a sample of some hundred levels, the share that may differ says less than one level: up to two may, by one. */
    private static void assertLevels(byte[] levels, int stride, JsonNode expected) {
        int different = 0;
        for (int i = 0; i < expected.size(); i++) {
            int difference = Math.abs((levels[i * stride] & 0xff) - expected.get(i).intValue());
            assertThat(difference).as("difference of level %s", i * stride).isLessThanOrEqualTo(1);
            different += difference;
        }
        assertThat(different).as("levels that differ by one").isLessThanOrEqualTo(Math.max(SAMPLED_LEVELS, (int) (expected.size() * DIFFERENT_LEVELS)));
    }
}
