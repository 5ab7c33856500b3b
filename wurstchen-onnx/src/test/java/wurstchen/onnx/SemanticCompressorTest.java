package wurstchen.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import wurstchen.Wurstchen;
import wurstchen.stage.LatentShape;
import wurstchen.stage.Latents;
import wurstchen.stage.Pixels;
import wurstchen.stage.SemanticCompressor;

/** The compressor of the model in the box, against PyTorch's numbers. */
class SemanticCompressorTest {
    @Test
    void pictures_areEncodedAsPyTorchDoes() {
        try (ModelBundle bundle = ModelBundle.open(ModelInTheBox.FOLDER);
                SemanticCompressor compressor = OnnxStages.semanticCompressor(bundle, Device.cpu())) {
            assertGolden(compressor);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void pipeline_hasIt(boolean lowMemory) {
        try (Wurstchen wurstchen = OnnxWurstchen.builder().model(ModelInTheBox.FOLDER).lowMemory(lowMemory).open()) {
            assertGolden(wurstchen.parts().semanticCompressor().orElseThrow());
        }
    }

    private static void assertGolden(SemanticCompressor compressor) {
        JsonNode encodings = Golden.json("compressor.json").get("encodings");
        assertThat(encodings).hasSize(2);
        for (JsonNode encoding : encodings) {
            Pixels pixels = Golden.picture(encoding.get("picture").textValue()).toPixels();
            try (Latents latents = compressor.encode(pixels)) {
                assertThat(latents.shape()).isEqualTo(new LatentShape(1, 16, pixels.height() * 6 / 256, pixels.width() * 6 / 256));
                Golden.assertLatents(latents.toHost(), encoding.get("stage_c_latents"));
            }
        }
    }

    @Test
    void otherSizes_areRefused() {
        try (ModelBundle bundle = ModelBundle.open(ModelInTheBox.FOLDER);
                SemanticCompressor compressor = OnnxStages.semanticCompressor(bundle, Device.cpu())) {
            assertThatThrownBy(() -> compressor.encode(new Pixels(1, 128, 100, new float[3 * 128 * 100])))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("width must be a multiple of 128, at most 4096, got 100; nearest: 128");
        }
    }

    @Test
    void modelWithoutOne_saysSo() {
        try (ModelBundle bundle = ModelBundle.open(Golden.BUNDLE)) {
            assertThatThrownBy(() -> OnnxStages.semanticCompressor(bundle, Device.cpu()))
                    .isInstanceOf(ModelBundleException.class)
                    .hasMessage("model.json: graphs has no semantic_compressor: this model cannot read pictures; export one that has a compressor");
        }
        try (Wurstchen wurstchen = OnnxWurstchen.builder().model(Golden.BUNDLE).open()) {
            assertThat(wurstchen.parts().semanticCompressor()).isEmpty();
        }
    }

    @Test
    void closedPipeline_refuses() {
        Wurstchen wurstchen = OnnxWurstchen.builder().model(ModelInTheBox.FOLDER).open();
        SemanticCompressor compressor = wurstchen.parts().semanticCompressor().orElseThrow();
        wurstchen.close();
        assertThatThrownBy(() -> compressor.encode(new Pixels(1, 128, 128, new float[3 * 128 * 128])))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("the semantic compressor is closed: open the model again");
    }
}
