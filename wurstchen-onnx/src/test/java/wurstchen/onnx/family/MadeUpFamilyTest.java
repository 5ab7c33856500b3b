package wurstchen.onnx.family;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.File;
import java.io.IOException;
import java.lang.module.ModuleDescriptor;
import java.lang.module.ModuleFinder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ServiceLoader;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import wurstchen.PictureRequest;
import wurstchen.Wurstchen;
import wurstchen.image.PictureReader;
import wurstchen.onnx.BundleCopy;
import wurstchen.onnx.Golden;
import wurstchen.onnx.ModelBundle;
import wurstchen.onnx.ModelBundleException;
import wurstchen.onnx.OnnxWurstchen;
import wurstchen.onnx.internal.bundle.Family;

/** Another family is a new class and its name; nothing that is there changes. */
class MadeUpFamilyTest {
    @TempDir
    private Path temporary;

    private Path bundle() {
        return BundleCopy.in(temporary)
                .edit(manifest -> {
                    manifest.put("family", "made-up");
                    rename((ObjectNode) manifest.get("tokenizers"), "c", "composer");
                    rename((ObjectNode) manifest.get("tokenizers"), "b", "painter");
                    rename((ObjectNode) manifest.get("graphs"), "text_encoder_c", "reader_of_the_composer");
                    rename((ObjectNode) manifest.get("graphs"), "text_encoder_b", "reader_of_the_painter");
                })
                .folder();
    }

    private static void rename(ObjectNode parent, String from, String to) {
        parent.set(to, parent.remove(from));
    }

    @Test
    void familyOnTheClassPath_makesPictures() throws Exception {
        Path services = Files.createDirectories(temporary.resolve("path/META-INF/services"));
        Files.writeString(services.resolve(Family.class.getName()), MadeUpFamily.class.getName() + "\n");
        Path made = temporary.resolve("made.png");
        Process program = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "--enable-native-access=ALL-UNNAMED",
                        "-cp",
                        temporary.resolve("path") + File.pathSeparator + System.getProperty("java.class.path"),
                        "-Dwurstchen.cache=" + temporary.resolve("cache"),
                        MadeUpFamily.Program.class.getName(),
                        bundle().toString(),
                        made.toString())
                .redirectErrorStream(true)
                .start();
        assertThat(new String(program.getInputStream().readAllBytes(), UTF_8)).isEmpty();
        assertThat(program.waitFor()).isZero();

        try (Wurstchen v2 = OnnxWurstchen.builder().model(Golden.BUNDLE).open()) {
            PictureRequest request = PictureRequest.builder("a cat").seed(1).size(128, 128).build();
            assertThat(PictureReader.create().read(made)).isEqualTo(v2.generate(request).first().picture());
        }
    }

    @Test
    void unknownFamily_isNamed() {
        Path folder = bundle();

        assertThatThrownBy(() -> ModelBundle.open(folder))
                .isInstanceOf(ModelBundleException.class)
                .hasMessage("model.json: unknown family 'made-up', this library runs 'stable-cascade', 'wuerstchen-v2'; use a newer version of the"
                        + " library, or another model");
    }

    /** A service is named twice: for the class path, and for the module path. */
    @Test
    void familiesOfTheModule_areThoseOfTheClassPath() throws Exception {
        Path classes = Path.of(OnnxWurstchen.class.getProtectionDomain().getCodeSource().getLocation().toURI());
        ModuleDescriptor module = ModuleFinder.of(classes).findAll().iterator().next().descriptor();

        assertThat(module.provides()).singleElement().satisfies(provided -> {
            assertThat(provided.service()).isEqualTo(Family.class.getName());
            assertThat(provided.providers()).containsExactlyInAnyOrderElementsOf(
                    ServiceLoader.load(Family.class).stream().map(family -> family.type().getName()).toList());
        });
    }

    @Test
    void graphsOfAnotherFamily_areNamed() throws IOException {
        Path v2 = BundleCopy.in(temporary).folder();
        String manifest = Files.readString(v2.resolve("model.json")).replaceFirst("\"wuerstchen-v2\"", "\"stable-cascade\"");
        Files.writeString(v2.resolve("model.json"), manifest);

        assertThatThrownBy(() -> ModelBundle.open(v2))
                .isInstanceOf(ModelBundleException.class)
                .hasMessage("model.json: tokenizers.text is missing; export or download the bundle again");
    }
}
