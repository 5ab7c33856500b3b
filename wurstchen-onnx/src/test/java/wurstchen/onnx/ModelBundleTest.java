package wurstchen.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.common.hash.Hashing;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import wurstchen.PictureRequest;
import wurstchen.Wurstchen;
import wurstchen.image.Picture;

/** What a bundle may not do, one planted defect each. */
class ModelBundleTest {
    private static final String STEP = "stage_c_step.onnx";

    @TempDir
    private Path temporary;

    private BundleCopy copy;

    @BeforeEach
    void copyBundle() {
        copy = BundleCopy.in(temporary);
    }

    @Test
    void wholeBundle_opens() {
        try (ModelBundle bundle = ModelBundle.open(copy.folder())) {
            assertThat(bundle.manifest().about().name()).isEqualTo("tiny");
            assertThat(bundle.manifestSha256()).isEqualTo(sha256(Manifest.FILE_NAME));
            bundle.verify();
        }
    }

    @Test
    void expectedManifest_opens() {
        ModelBundle.open(copy.folder(), sha256(Manifest.FILE_NAME).toUpperCase(Locale.ROOT)).close();
    }

    @Test
    void otherManifest_isRefused() {
        String expected = "0".repeat(64);

        assertRefused(
                () -> ModelBundle.open(copy.folder(), expected),
                "model.json: expected SHA-256 " + expected + ", found " + sha256(Manifest.FILE_NAME)
                        + ": another model, or altered; get the bundle from where the expected value comes from");
    }

    @Test
    void expectedManifestThatIsNoHash_isRefused() {
        assertThatThrownBy(() -> ModelBundle.open(copy.folder(), "abc"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("expected manifest SHA-256 must be 64 hexadecimal digits, got 'abc'");
    }

    /** Blanks and line breaks were made one blank before names were compared. */
    @ParameterizedTest
    @ValueSource(strings = {" stage_c_step.onnx", "stage_c_step.onnx ", "stage_c_step.onnx\n", "\tstage_c_step.onnx", "model.json "})
    void unlistedFileWhoseNameDiffersByBlanks_isRefused(String name) throws IOException {
        Files.write(copy.file(name), new byte[] {1});

        assertRefused(name.strip() + ": lies in the model folder, but model.json does not list it; remove it, or export the bundle again");
    }

    @Test
    void keysAndNamesThatATerminalObeys_areEscaped() throws IOException {
        Path file = Files.write(copy.file("a\u202e\u009b2Jb"), new byte[] {1});
        assertRefused("a\\u202e\\u009b2Jb: lies in the model folder, but model.json does not list it; remove it, or export the bundle again");
        Files.delete(file);

        copy.edit(manifest -> ((ObjectNode) manifest.get("graphs")).putObject("x\u2028wurstchen: all is well\u001b[2J"));
        assertThatThrownBy(() -> ModelBundle.open(copy.folder()))
                .isInstanceOf(ModelBundleException.class)
                .hasMessageStartingWith("model.json: graphs must be an object with keys without control characters, got {")
                .message()
                .doesNotContain("\u2028")
                .doesNotContain("\u001b");
    }

    @Test
    void missingFolder_isNamed() {
        Path nowhere = temporary.resolve("nowhere");

        assertRefused(
                () -> ModelBundle.open(nowhere),
                "no model at " + nowhere + ": no such folder; give the folder that holds model.json");
    }

    @Test
    void fileInsteadOfFolder_isNamed() {
        assertRefused(
                () -> ModelBundle.open(copy.file(STEP)),
                "no model at " + copy.file(STEP) + ": not a folder; give the folder that holds model.json");
    }

    @Test
    void folderWithoutManifest_isNamed() throws IOException {
        Files.delete(copy.file(Manifest.FILE_NAME));

        assertRefused("no model at " + copy.folder() + ": the folder has no model.json; give the folder that the exporter wrote");
    }

    @Test
    void missingFile_isNamed() throws IOException {
        Files.delete(copy.file("tokenizer_c/vocab.json"));

        assertRefused("tokenizer_c/vocab.json: model.json lists this file, the folder " + copy.folder()
                + " does not hold it; export or download the bundle again");
    }

    @Test
    void alteredByte_isFound() throws IOException {
        String before = sha256("stage_b_step.onnx.data");
        try (RandomAccessFile file = new RandomAccessFile(copy.file("stage_b_step.onnx.data").toFile(), "rw")) {
            file.seek(1000);
            int old = file.read();
            file.seek(1000);
            file.write(old ^ 1);
        }

        assertRefused("stage_b_step.onnx.data: expected SHA-256 " + before + ", found " + sha256("stage_b_step.onnx.data")
                + ": the file was altered or the download broke; export or download the bundle again");
    }

    @Test
    void truncatedFile_isFound() throws IOException {
        long size = Files.size(copy.file(STEP));
        Files.write(copy.file(STEP), Arrays.copyOf(copy.read(STEP), 100));

        assertRefused(STEP + ": expected " + size
                + " bytes, found 100: the file was altered or the download broke; export or download the bundle again");
    }

    @Test
    void unlistedFile_isRefused() throws IOException {
        Files.writeString(copy.file("tokenizer_c/extra.json"), "{}");

        assertRefused("tokenizer_c/extra.json: lies in the model folder, but model.json does not list it; "
                + "remove it, or export the bundle again");
    }

    @Test
    void unlistedFolder_isRefused() throws IOException {
        Files.createDirectory(copy.file("hidden"));

        assertRefused("hidden/: lies in the model folder, but model.json does not list it; remove it, or export the bundle again");
    }

    @Test
    void linkOutOfTheFolder_isRefused() throws IOException {
        Path outside = Files.move(copy.file(STEP), temporary.resolve("outside.onnx"));
        Files.createSymbolicLink(copy.file(STEP), outside);

        assertRefused(STEP + ": is a symbolic link, a bundle holds plain files only; put the file itself into the folder");
    }

    @Test
    void linkInsideTheFolder_isRefused() throws IOException {
        Files.delete(copy.file("tokenizer_c/merges.txt"));
        Files.createSymbolicLink(copy.file("tokenizer_c/merges.txt"), Path.of("../tokenizer_b/merges.txt"));

        assertRefused("tokenizer_c/merges.txt: is a symbolic link, a bundle holds plain files only; "
                + "put the file itself into the folder");
    }

    @Test
    void linkInsteadOfAFolder_isRefused() throws IOException {
        Path outside = Files.move(copy.file("tokenizer_c"), temporary.resolve("outside"));
        Files.createSymbolicLink(copy.file("tokenizer_c"), outside);

        assertRefused("tokenizer_c: is a symbolic link, a bundle holds plain files only; put the file itself into the folder");
    }

    @Test
    void linkInsteadOfTheManifest_isRefused() throws IOException {
        Path outside = Files.move(copy.file(Manifest.FILE_NAME), temporary.resolve("outside.json"));
        Files.createSymbolicLink(copy.file(Manifest.FILE_NAME), outside);

        assertRefused("model.json: is a symbolic link, a bundle holds plain files only; put the file itself into the folder");
    }

    @Test
    void linkToTheWholeFolder_opens() throws IOException {
        Path link = Files.createSymbolicLink(temporary.resolve("link"), copy.folder());

        ModelBundle.open(link).close();
    }

    @Test
    void fileThatChangesAfterOpening_isFoundWhenItIsRead() throws IOException {
        try (ModelBundle bundle = ModelBundle.open(copy.folder())) {
            long size = Files.size(copy.file(STEP));
            Files.write(copy.file(STEP), new byte[10]);

            assertRefused(
                    () -> OnnxStages.stageC(bundle, Device.cpu()),
                    STEP + ": expected " + size
                            + " bytes, found 10: the file was altered or the download broke; export or download the bundle again");
        }
    }

    @Test
    void closedBundle_refusesToBeUsed() {
        ModelBundle bundle = ModelBundle.open(copy.folder());
        bundle.close();
        bundle.close();

        assertThatThrownBy(() -> OnnxStages.stageA(bundle, Device.cpu()))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("this ModelBundle is closed: open a new one");
    }

    @ParameterizedTest
    @ValueSource(strings = {"tiny-bundle", "tiny-bundle-int8", "tiny-bundle-fp16"})
    void resource_makesTheSamePictureAsAFolder_andIsNeverUnpacked(String name) throws IOException {
        PictureRequest request = PictureRequest.builder("a cat").size(128, 128).stageCSteps(2).stageBSteps(1).seed(1).build();
        List<Path> before = temporaryFiles();
        try (ModelBundle bundle = ModelBundle.openResource(ModelBundleTest.class, name);
                Wurstchen inJar = OnnxWurstchen.builder().model(bundle).open();
                Wurstchen inJarPartByPart = OnnxWurstchen.builder().model(bundle).lowMemory(true).open();
                Wurstchen inFolder = OnnxWurstchen.builder().model(Golden.BUNDLE.resolveSibling(name)).open()) {
            Picture expected = inFolder.generate(request).first().picture();

            assertThat(inJar.generate(request).first().picture()).isEqualTo(expected);
            assertThat(inJarPartByPart.generate(request).first().picture()).isEqualTo(expected);
            bundle.verify();
            assertThat(bundle.verified().folder()).isEmpty();
        }
        assertThat(temporaryFiles()).containsExactlyElementsOf(before);
    }

    private static List<Path> temporaryFiles() throws IOException {
        try (Stream<Path> files = Files.list(Path.of(System.getProperty("java.io.tmpdir")))) {
            return files.filter(file -> file.getFileName().toString().startsWith("wurstchen")).sorted().toList();
        }
    }

    @Test
    void missingResource_isNamed() {
        assertRefused(
                () -> ModelBundle.openResource(ModelBundleTest.class, "no/model"),
                "no resource no/model/model.json on the class path; add the jar that holds the model (a module must open its folders to"
                        + " wurstchen.onnx), or give a model folder");
    }

    @Test
    void resourcePrefixWithSlash_isRefused() {
        assertThatThrownBy(() -> ModelBundle.openResource(ModelBundleTest.class, "/tiny-bundle"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("prefix must be a resource folder without a leading or trailing '/', got '/tiny-bundle'");
    }

    @Test
    void alteredResource_isRefused() throws IOException {
        byte[] longer = Arrays.copyOf(copy.read(STEP), 200_000);
        assertRefused(
                () -> ModelBundle.openResource(loader(STEP, longer), "any"),
                STEP + ": expected " + Files.size(copy.file(STEP))
                        + " bytes, found more: the file was altered or the download broke; export or download the bundle again");

        byte[] wrong = copy.read(STEP + ".data");
        wrong[1000] ^= 1;
        assertRefused(
                () -> ModelBundle.openResource(loader(STEP + ".data", wrong), "any"),
                STEP + ".data: expected SHA-256 " + sha256(STEP + ".data") + ", found " + Hashing.sha256().hashBytes(wrong)
                        + ": the file was altered or the download broke; export or download the bundle again");
    }

    @Test
    void resourceThatChangesAfterOpening_isFoundWhenItIsRead() {
        byte[] weights = copy.read(STEP + ".data");
        try (ModelBundle bundle = ModelBundle.openResource(loader(STEP + ".data", weights), "any")) {
            weights[1000] ^= 1;

            assertRefused(
                    () -> OnnxStages.stageC(bundle, Device.cpu()),
                    STEP + ".data: expected SHA-256 " + sha256(STEP + ".data") + ", found " + Hashing.sha256().hashBytes(weights)
                            + ": the file was altered or the download broke; export or download the bundle again");
        }
    }

    /** The copy as resources, with one of them altered. */
    private ClassLoader loader(String altered, byte[] content) {
        return new ClassLoader() {
            @Override
            public InputStream getResourceAsStream(String name) {
                String path = name.substring("any/".length());
                return new ByteArrayInputStream(path.equals(altered) ? content : copy.read(path));
            }
        };
    }

    private void assertRefused(String message) {
        assertRefused(() -> ModelBundle.open(copy.folder()), message);
    }

    private static void assertRefused(ThrowingCallable action, String message) {
        assertThatThrownBy(action).isInstanceOf(ModelBundleException.class).hasMessage(message);
    }

    private String sha256(String path) {
        return Hashing.sha256().hashBytes(copy.read(path)).toString();
    }
}
