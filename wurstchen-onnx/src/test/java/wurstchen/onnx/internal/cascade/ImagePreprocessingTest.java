package wurstchen.onnx.internal.cascade;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import wurstchen.image.PictureReader;
import wurstchen.onnx.ModelBundle;
import wurstchen.onnx.family.CascadeGolden;

class ImagePreprocessingTest {
    private static final Path GOLDEN = Path.of("src/test/resources/golden-cascade");

    /** Larger and smaller than the encoder's input, wide, tall, and of one grey level in some places. */
    @Test
    void values_areTransformersBitForBit() throws IOException {
        ImagePreprocessing preprocessing;
        try (ModelBundle bundle = ModelBundle.open(CascadeGolden.BUNDLE)) {
            preprocessing = new ImagePreprocessing(bundle.manifest().imagePrompts().orElseThrow());
        }
        JsonNode prompts = new ObjectMapper().readTree(GOLDEN.resolve("cascade.json").toFile()).get("image_prompts");

        assertThat(prompts).hasSize(3).allSatisfy(prompt -> {
            float[] values =
                    preprocessing.apply(PictureReader.create().read(GOLDEN.resolve(prompt.get("picture").textValue())).toPixels());

            JsonNode expected = prompt.get("pixel_values").get("values");
            assertThat(values).hasSize(expected.size());
            for (int i = 0; i < values.length; i++) {
                assertThat(values[i]).as("value %s of %s", i, prompt.get("picture")).isEqualTo(expected.get(i).floatValue());
            }
        });
    }
}
