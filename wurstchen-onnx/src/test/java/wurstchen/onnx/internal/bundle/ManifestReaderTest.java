package wurstchen.onnx.internal.bundle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.Arrays;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import wurstchen.PictureDefaults;
import wurstchen.onnx.Golden;
import wurstchen.onnx.GraphSpec;
import wurstchen.onnx.Manifest;
import wurstchen.onnx.ModelBundleException;
import wurstchen.onnx.internal.family.WuerstchenV2;
import wurstchen.sampling.CosineSchedule;
import wurstchen.stage.LatentGeometry;
import wurstchen.stage.LatentScale;

class ManifestReaderTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String AGAIN = "; export or download the bundle again";
    private static final String PATH = " must be a path inside the bundle (names of letters, digits and . _ - separated by /), got ";

    @Test
    void manifest_givesEveryNumber() {
        Manifest manifest = ManifestReader.read(bytes());

        assertThat(manifest.geometry()).isEqualTo(new LatentGeometry(42.67, 10.67, 16, 4, 16, 4));
        assertThat(manifest.scales().latents()).isEqualTo(new LatentScale(42, 1));
        assertThat(manifest.scales().stageA()).isEqualTo(0.3764f);
        assertThat(manifest.scales().compressor()).isEmpty();
        assertThat(manifest.schedules().stageC()).isEqualTo(new CosineSchedule(0.008f, 1));
        assertThat(manifest.defaults())
                .isEqualTo(PictureDefaults.builder().size(256, 256).stageC(4, 4).stageB(3, 0).build());
        assertThat(manifest.recommendedSizes()).hasToString("[256x256, 384x128]");
        assertThat(manifest.tokenizers().stageB()).isEqualTo(new Manifest.TokenizerSpec("tokenizer_b", "!", 77));
        assertThat(manifest.graphs().keySet()).containsExactlyElementsOf(WuerstchenV2.REQUIRED_GRAPHS);
        assertThat(manifest.graphs().get(GraphSpec.STAGE_C_STEP).inputs().get(0))
                .hasToString("latents float32 [images, 16, c_height, c_width]");
        assertThat(manifest.about().provenance().tools()).containsKey("torch");
    }

    @Test
    void unknownKeys_areLeftAlone() {
        ManifestReader.read(edited(root -> root.put("later", true)));
    }

    static Stream<Arguments> defects() {
        return Stream.of(
                defect("/format", "\"zip\"", "format must be \"wurstchen-bundle\", got \"zip\"" + AGAIN),
                defect("/format_version", "1", "format_version is 1, this library reads 2; "
                        + "use a matching version of the library or export the bundle again"),
                defect("/format_version", "\"1\"", "format_version must be an integer from 1 to 2147483647, got \"1\"" + AGAIN),
                defect("/family", "\"sdxl\"", "unknown family 'sdxl', this library runs 'stable-cascade', 'wuerstchen-v2'; use a newer version of the library, or another model"),
                defect("/name", null, "name is missing" + AGAIN),
                defect("/name", "7", "name must be a string without control characters, got 7" + AGAIN),
                defect("/name", "\"a\\u001b[2J\"",
                        "name must be a string without control characters, got \"a\\u001B[2J\"" + AGAIN),
                defect("/precision", "\"int4\"", "precision must be \"fp32\" or \"fp16\", got \"int4\"" + AGAIN),
                defect("/weights", "\"int4\"", "weights must be \"fp32\" or \"fp16\" or \"int8\", got \"int4\"" + AGAIN),
                defect("/geometry", "[]", "geometry must be an object, got []" + AGAIN),
                defect("/geometry/stage_a_factor", "4.5", "geometry.stage_a_factor must be an integer from 1 to 4096, got 4.5" + AGAIN),
                defect("/geometry/stage_b_channels", "0", "geometry.stage_b_channels must be an integer from 1 to 4096, got 0" + AGAIN),
                defect("/geometry/resolution_multiple", "1e999",
                        "geometry.resolution_multiple must be a number from 1.0 to 4096.0, got \"Infinity\"" + AGAIN),
                defect("/scales/latent_mean", "null",
                        "scales.latent_mean must be a number from -1000000.0 to 1000000.0, got null" + AGAIN),
                defect("/schedules/stage_b/s", null, "schedules.stage_b.s is missing" + AGAIN),
                defect("/defaults/stage_c_steps", "0", "defaults.stage_c_steps must be an integer from 1 to 1000, got 0" + AGAIN),
                defect("/defaults/width", "1000", "defaults do not fit geometry: "
                        + "width must be a multiple of 128, at most 4096, got 1000; nearest: 896, 1024; export the bundle again"),
                defect("/recommended/sizes/0", "[256]", "recommended.sizes[0] must be [width, height], got [256]" + AGAIN),
                defect("/tokenizers/c/folder", "\"../c\"", "tokenizers.c.folder" + PATH + "\"../c\"" + AGAIN),
                defect("/graphs/stage_c_step/file", "\"other.onnx\"",
                        "graphs.stage_c_step.file must be a path that files lists, got \"other.onnx\"" + AGAIN),
                defect("/graphs/stage_c_step/inputs/1/dtype", "\"int8\"",
                        "graphs.stage_c_step.inputs[1].dtype must be \"float32\" or \"int64\" or \"uint8\", got \"int8\"" + AGAIN),
                defect("/graphs/stage_c_step/inputs/1/axes/0", "-1",
                        "graphs.stage_c_step.inputs[1].axes[0] must be an integer from 1 to 16777216, got -1" + AGAIN),
                defect("/files/0/path", "\"../stage_a.onnx\"", "files[0].path" + PATH + "\"../stage_a.onnx\"" + AGAIN),
                defect("/files/0/path", "\"/etc/passwd\"", "files[0].path" + PATH + "\"/etc/passwd\"" + AGAIN),
                defect("/files/0/path", "\"a/../../b\"", "files[0].path" + PATH + "\"a/../../b\"" + AGAIN),
                defect("/files/0/path", "\"..\\\\b\"", "files[0].path" + PATH + "\"..\\\\b\"" + AGAIN),
                defect("/files/0/path", "\"C:b\"", "files[0].path" + PATH + "\"C:b\"" + AGAIN),
                defect("/files/0/path", "\"a//b\"", "files[0].path" + PATH + "\"a//b\"" + AGAIN),
                defect("/files/0/path", "\"\"", "files[0].path" + PATH + "\"\"" + AGAIN),
                defect("/files/0/path", "\"model.json\"",
                        "files[0].path must be another file than the manifest itself, got \"model.json\"" + AGAIN),
                defect("/files/1/path", "\"stage_a_decode.onnx\"", "files lists stage_a_decode.onnx twice" + AGAIN),
                defect("/files/1/path", "\"Stage_A_decode.onnx\"",
                        "files lists Stage_A_decode.onnx twice (as stage_a_decode.onnx too)" + AGAIN),
                defect("/files/0/size", "-1", "files[0].size must be an integer from 0 to 4398046511104, got -1" + AGAIN),
                defect("/files/0/size", "1e30", "files[0].size must be an integer from 0 to 4398046511104, got 1.0E30" + AGAIN),
                defect("/files/0/sha256", "\"abc\"", "files[0].sha256 must be 64 lower-case hexadecimal digits, got \"abc\"" + AGAIN));
    }

    private static Arguments defect(String pointer, String value, String message) {
        return arguments(pointer, value, "model.json: " + message);
    }

    @ParameterizedTest
    @MethodSource("defects")
    void defect_isNamedWithItsPlace(String pointer, String value, String message) {
        byte[] manifest = edited(root -> set(root, pointer, value));

        assertThatThrownBy(() -> ManifestReader.read(manifest)).isInstanceOf(ModelBundleException.class).hasMessage(message);
    }

    @Test
    void truncatedJson_isNamedWithItsPlace() {
        byte[] half = Arrays.copyOf(bytes(), 30);

        assertThatThrownBy(() -> ManifestReader.read(half))
                .isInstanceOf(ModelBundleException.class)
                .hasMessageMatching("model\\.json is not valid JSON at line 2, column \\d+: Unexpected end-of-input.*" + AGAIN);
    }

    @Test
    void duplicateKey_isRefused() {
        byte[] twice = "{\"format\": 1, \"format\": 2}".getBytes(StandardCharsets.UTF_8);

        assertThatThrownBy(() -> ManifestReader.read(twice))
                .isInstanceOf(ModelBundleException.class)
                .hasMessage("model.json is not valid JSON at line 1, column 23: Duplicate field 'format'" + AGAIN);
    }

    @Test
    void trailingText_isRefused() {
        byte[] trailing = "{} {}".getBytes(StandardCharsets.UTF_8);

        assertThatThrownBy(() -> ManifestReader.read(trailing))
                .isInstanceOf(ModelBundleException.class)
                .hasMessageStartingWith("model.json is not valid JSON at line 1, column ");
    }

    @Test
    void emptyFile_isRefused() {
        assertThatThrownBy(() -> ManifestReader.read(new byte[0]))
                .isInstanceOf(ModelBundleException.class)
                .hasMessage("model.json must be an object, got " + AGAIN);
    }

    private static byte[] bytes() {
        try {
            return Files.readAllBytes(Golden.BUNDLE.resolve(Manifest.FILE_NAME));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static byte[] edited(Consumer<ObjectNode> change) {
        try {
            ObjectNode root = (ObjectNode) JSON.readTree(bytes());
            change.accept(root);
            return JSON.writeValueAsBytes(root);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Sets what a JSON pointer names, or removes it if there is no value. */
    private static void set(ObjectNode root, String pointer, String value) {
        int slash = pointer.lastIndexOf('/');
        String last = pointer.substring(slash + 1);
        var parent = slash == 0 ? root : root.at(pointer.substring(0, slash));
        try {
            if (parent instanceof ObjectNode object && value == null) {
                object.remove(last);
            } else if (parent instanceof ObjectNode object) {
                object.set(last, JSON.readTree(value));
            } else {
                ((ArrayNode) parent).set(Integer.parseInt(last), JSON.readTree(value));
            }
        } catch (JsonProcessingException e) {
            throw new UncheckedIOException(e);
        }
    }
}
