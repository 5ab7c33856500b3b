package wurstchen.onnx.internal.graph;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.common.collect.ImmutableList;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import wurstchen.WurstchenException;
import wurstchen.onnx.BundleCopy;
import wurstchen.onnx.ModelBundleException;
import wurstchen.onnx.OnnxWurstchen;
import wurstchen.onnx.TensorSpec;

/** Graphs that are not what the manifest, or the cascade, needs are found when the model is opened. */
class GraphContractTest {
    @TempDir
    private Path temporary;

    private BundleCopy copy;

    @BeforeEach
    void copyBundle() {
        copy = BundleCopy.in(temporary);
    }

    @Test
    void renamedInputOfAGraph_isFound() {
        copy.rename("stage_c_step.onnx", "guidance_scale", "guidance_scalf");

        assertRefused("stage_c_step.onnx: expected an input guidance_scale float32 [1], found only "
                + "latents, step, bad_step, step_table, noise_table, guidance_scalf, text_keys_values, "
                + "image_of_row, text_row, negative_row, map_shape; export the bundle again");
    }

    @Test
    void renamedOutputOfAGraph_isFound() {
        copy.rename("stage_a_decode.onnx", "pixels", "pixelz");

        assertRefused("stage_a_decode.onnx: expected an output pixels float32 [images, 3, height, width], found only pixelz, levels, pixel_sum; "
                + "export the bundle again");
    }

    @Test
    void renamedInputOfGraphAndManifest_isFound() {
        copy.rename("stage_c_step.onnx", "guidance_scale", "guidance_scalf");
        copy.edit(manifest -> tensor(manifest, "stage_c_step", "inputs", 5).put("name", "guidance_scalf"));

        assertRefused("model.json: graphs.stage_c_step: expected an input guidance_scale float32 [1], found only "
                + "latents, step, bad_step, step_table, noise_table, guidance_scalf, text_keys_values, "
                + "image_of_row, text_row, negative_row, map_shape; export the bundle again");
    }

    @Test
    void otherFixedAxis_isFound() {
        copy.edit(manifest -> {
            ((ArrayNode) tensor(manifest, "stage_c_condition", "outputs", 0).get("axes")).set(0, 3);
            ((ArrayNode) tensor(manifest, "stage_c_step", "inputs", 6).get("axes")).set(0, 3);
        });

        assertRefused("stage_c_condition.onnx: expected the output text_keys_values float32 [3, 2, rows, 4, 77, 8], "
                + "found text_keys_values float32 [2, 2, rows, 4, 77, 8]; export the bundle again");
    }

    @Test
    void graphsThatDoNotFitEachOther_areFound() {
        copy.edit(manifest -> ((ArrayNode) tensor(manifest, "stage_c_condition", "outputs", 0).get("axes")).set(0, 3));

        assertRefused("model.json: graphs.stage_c_step: expected the input text_keys_values float32 [3, 2, rows, 4, 77, 8], "
                + "found text_keys_values float32 [2, 2, rows, 4, 77, 8]; export the bundle again");
    }

    @Test
    void otherDtype_isFound() {
        copy.edit(manifest -> tensor(manifest, "stage_c_step", "inputs", 1).put("dtype", "float32"));

        assertRefused("model.json: graphs.stage_c_step: expected the input step int64 [1], found step float32 [1]; "
                + "export the bundle again");
    }

    @Test
    void missingGraph_isFound() {
        copy.edit(manifest -> ((ObjectNode) manifest.get("graphs")).remove("stage_b_step"));

        assertRefused("model.json: graphs has no stage_b_step, found only text_encoder_c, text_encoder_b, stage_c_condition, "
                + "stage_c_step, stage_b_condition, stage_a_decode, stage_a_encode; export the bundle again");
    }

    @Test
    void surplusInput_isFound() {
        TensorSpec x = new TensorSpec("x", TensorSpec.FLOAT32, ImmutableList.of("rows", "3"));
        TensorSpec y = new TensorSpec("y", TensorSpec.INT64, ImmutableList.of());

        assertThatThrownBy(() -> GraphContract.check("g.onnx", "input", List.of(x), List.of(x, y)))
                .isInstanceOf(ModelBundleException.class)
                .hasMessage("g.onnx: found an unknown input y int64 [], expected only x; export the bundle again");
    }

    @Test
    void fixedAxisWhereAFreeOneIsNeeded_isFound() {
        TensorSpec free = new TensorSpec("x", TensorSpec.FLOAT32, ImmutableList.of("rows", "3"));
        TensorSpec fixed = new TensorSpec("x", TensorSpec.FLOAT32, ImmutableList.of("1", "3"));

        assertThatThrownBy(() -> GraphContract.check("g.onnx", "input", List.of(free), List.of(fixed)))
                .isInstanceOf(ModelBundleException.class)
                .hasMessage("g.onnx: expected the input x float32 [rows, 3], found x float32 [1, 3]; export the bundle again");
    }

    @Test
    void graphThatIsNoModel_isFound() {
        copy.replace("stage_a_encode.onnx", "not a model".getBytes(StandardCharsets.UTF_8));

        assertRefused("stage_a_encode.onnx: is no ONNX model; export the bundle again");
    }

    @Test
    void emptyGraph_isRefusedByOnnxRuntime() {
        copy.replace("stage_a_encode.onnx", new byte[0]);

        assertThatThrownBy(() -> OnnxWurstchen.builder().model(copy.folder()).open())
                .isInstanceOf(WurstchenException.class)
                .hasMessageStartingWith("stage_a_encode.onnx: ONNX Runtime cannot open it: ")
                .hasMessageEndingWith("; export the bundle again");
    }

    @Test
    void weightsInAnUnlistedFile_areRefused() {
        copy.rename("stage_c_step.onnx", "stage_c_step.onnx.data", "../outside/secret.data");

        assertRefused("stage_c_step.onnx: keeps weights in '../outside/secret.data', a file that model.json does not list; "
                + "export the bundle again");
    }

    @Test
    void padTokenThatTheTokenizerDoesNotHave_isFound() {
        copy.edit(manifest -> ((ObjectNode) manifest.at("/tokenizers/c")).put("pad_token", "!"));

        assertRefused("tokenizer_c: pad token is '<|endoftext|>', model.json says '!'; export the bundle again");
    }

    private void assertRefused(String message) {
        assertThatThrownBy(() -> OnnxWurstchen.builder().model(copy.folder()).open())
                .isInstanceOf(ModelBundleException.class)
                .hasMessage(message);
    }

    private static ObjectNode tensor(ObjectNode manifest, String graph, String kind, int index) {
        return (ObjectNode) manifest.at("/graphs/" + graph + "/" + kind + "/" + index);
    }
}
