package wurstchen.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import wurstchen.PictureRequest;
import wurstchen.Wurstchen;
import wurstchen.image.Picture;

/** What is verified is what ONNX Runtime gets, also if a file system of Java's has other files than the disk under the same names. */
class FileSystemTest {
    private static final PictureRequest REQUEST =
            PictureRequest.builder("a cat").size(128, 128).stageCSteps(2).stageBSteps(1).seed(1).build();

    @TempDir
    private Path temporary;

    private FileSystem zip;
    private Path inZip;

    /** A model in a zip file, and another one of the same path on the disk, with other weights. */
    @BeforeEach
    void writeModels() throws IOException {
        BundleCopy onDisk = BundleCopy.in(temporary);
        zip = FileSystems.newFileSystem(temporary.resolve("model.zip"), Map.of("create", "true"));
        inZip = zip.getPath(onDisk.folder().toString());
        try (Stream<Path> files = Files.walk(onDisk.folder())) {
            for (Path file : files.toList()) {
                Path target = zip.getPath(file.toString());
                Files.createDirectories(target.getParent());
                Files.copy(file, target, StandardCopyOption.REPLACE_EXISTING);
            }
        }
        byte[] weights = onDisk.read("stage_b_step.onnx.data");
        for (int i = 0; i < weights.length; i++) {
            weights[i] = 0;
        }
        onDisk.replace("stage_b_step.onnx.data", weights);
    }

    private static Picture picture(Path model, boolean lowMemory, boolean map) {
        try (Wurstchen wurstchen = OnnxWurstchen.builder().model(model).lowMemory(lowMemory).mapWeights(map).open()) {
            return wurstchen.generate(REQUEST).first().picture();
        }
    }

    @Test
    void modelInAZipFile_isTheOneThatIsOpened() throws IOException {
        Picture expected = picture(Golden.BUNDLE, false, false);

        assertThat(picture(temporary.resolve("bundle"), false, false)).isNotEqualTo(expected);
        assertThat(picture(inZip, false, false)).isEqualTo(expected);
        assertThat(picture(inZip, true, false)).isEqualTo(expected);
        assertThat(picture(inZip, false, true)).isEqualTo(expected);
        zip.close();
    }

    @Test
    void changedModelInAZipFile_isRefused() throws IOException {
        Files.write(inZip.resolve("stage_b_step.onnx.data"), new byte[5]);

        assertThatThrownBy(() -> ModelBundle.open(inZip))
                .isInstanceOf(ModelBundleException.class)
                .hasMessageStartingWith("stage_b_step.onnx.data: expected ")
                .hasMessageEndingWith(
                        " bytes, found 5: the file was altered or the download broke; export or download the bundle again");
        zip.close();
    }
}
