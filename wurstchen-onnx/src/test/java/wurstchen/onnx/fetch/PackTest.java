package wurstchen.onnx.fetch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import wurstchen.onnx.BundleCopy;
import wurstchen.onnx.Manifest.BundleFile;
import wurstchen.onnx.ModelBundle;
import wurstchen.onnx.ModelBundleException;
import wurstchen.onnx.internal.bundle.BundleArchive;

class PackTest {
    @TempDir
    private Path temporary;

    private ModelBundle open() {
        return ModelBundle.open(BundleCopy.in(temporary).folder());
    }

    @Test
    void sameBundle_givesTheSameBytes() throws IOException {
        try (ModelBundle bundle = open()) {
            String first = bundle.pack(temporary.resolve("a.zip"));
            String second = bundle.pack(temporary.resolve("b.zip"));

            assertThat(second).isEqualTo(first).isEqualTo(FetchTestCase.sha256(temporary.resolve("a.zip")));
            assertThat(temporary.resolve("b.zip")).hasSameBinaryContentAs(temporary.resolve("a.zip"));
        }
        try (FileSystem zip = FileSystems.newFileSystem(temporary.resolve("a.zip"));
                ModelBundle inside = ModelBundle.open(zip.getPath("/"))) {
            inside.verify();
        }
    }

    @Test
    void entries_areStoredWhereTheManifestSays() throws IOException {
        Path archive = temporary.resolve("a.zip");
        BundleCopy copy = BundleCopy.in(temporary);
        ModelBundle bundle = ModelBundle.open(copy.folder());
        bundle.pack(archive);
        byte[] bytes = Files.readAllBytes(archive);
        long manifest = copy.read("model.json").length;
        List<BundleFile> files = ImmutableList.copyOf(bundle.manifest().files().values());

        assertThat(BundleArchive.starts(manifest, files)).hasSameSizeAs(files).allSatisfy((path, start) -> {
            byte[] file = copy.read(path);
            assertThat(Arrays.equals(bytes, start.intValue(), start.intValue() + file.length, file, 0, file.length)).as(path).isTrue();
        });
        try (ZipFile zip = new ZipFile(archive.toFile())) {
            assertThat(zip.stream().map(ZipEntry::getName)).startsWith("model.json").hasSize(files.size() + 1);
            assertThat(zip.stream()).allMatch(entry -> entry.getMethod() == ZipEntry.STORED);
        }
    }

    @Test
    void filesOf4GigabytesAndMore_haveLongerHeaders() {
        BundleFile large = new BundleFile("a", 0xffffffffL, "0".repeat(64));
        BundleFile small = new BundleFile("b", 5, "0".repeat(64));

        assertThat(BundleArchive.starts(100, List.of(small, large)))
                .containsExactly(java.util.Map.entry("a", 40 + 100 + 31 + 20L), java.util.Map.entry("b", 40 + 100 + 31 + 20 + 0xffffffffL + 31));
    }

    @Test
    void alteredBundle_isNotPacked() throws IOException {
        try (ModelBundle bundle = open()) {
            Path step = bundle.folder().orElseThrow().resolve("stage_b_step.onnx");
            byte[] bytes = Files.readAllBytes(step);
            String before = FetchTestCase.sha256(step);
            bytes[100] ^= 1;
            Files.write(step, bytes);

            assertThatThrownBy(() -> bundle.pack(temporary.resolve("a.zip")))
                    .isInstanceOf(ModelBundleException.class)
                    .hasMessage("stage_b_step.onnx: expected SHA-256 " + before + ", found " + FetchTestCase.sha256(step)
                            + ": the file was altered or the download broke; export or download the bundle again");
        }
        assertThat(temporary.toFile().list()).containsExactly("bundle");
    }

    @Test
    void otherName_isRefused() {
        try (ModelBundle bundle = open()) {
            assertThatThrownBy(() -> bundle.pack(Path.of("tiny.tar")))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("the name of an archive must end with .zip, got 'tiny.tar'");
        }
    }
}
