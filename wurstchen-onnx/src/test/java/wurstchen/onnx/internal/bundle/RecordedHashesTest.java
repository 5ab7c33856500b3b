package wurstchen.onnx.internal.bundle;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.hash.Hashing;
import java.io.IOException;
import java.net.URI;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import wurstchen.onnx.BundleCopy;
import wurstchen.onnx.Manifest;
import wurstchen.onnx.ModelBundleException;
import wurstchen.onnx.internal.cache.CacheFolder;
import wurstchen.onnx.internal.cache.FileStamp;
import wurstchen.onnx.internal.common.FakeHost;

/** When a file of a bundle is read again, and when it is not. */
class RecordedHashesTest {
    private static final String WEIGHTS = "stage_b_step.onnx.data";

    @TempDir
    private Path temporary;

    private FakeHost fake;
    private BundleCopy copy;
    private CountedFiles files;
    private Clock clock;

    @BeforeEach
    void bundle() throws IOException {
        fake = new FakeHost(temporary).property(CacheFolder.PROPERTY, temporary.resolve("cache"));
        copy = BundleCopy.in(temporary);
        files = new CountedFiles(new FolderFiles(copy.folder().toRealPath()));
        // A file that was written a moment ago could be written to again without another time.
        clock = Clock.offset(Clock.systemUTC(), Duration.ofMinutes(1));
    }

    private List<String> readAtStart() {
        VerifiedBundle.open(files, copy.read(Manifest.FILE_NAME), fake.host(), clock);
        return files.opened();
    }

    private int listed() {
        return ManifestReader.read(copy.read(Manifest.FILE_NAME)).files().size();
    }

    @Test
    void secondStart_readsNothing() {
        assertThat(readAtStart()).hasSize(listed());
        assertThat(readAtStart()).isEmpty();
    }

    @Test
    void verify_readsAll() {
        VerifiedBundle bundle = VerifiedBundle.open(files, copy.read(Manifest.FILE_NAME), fake.host(), clock);
        files.opened();

        bundle.verify();

        assertThat(files.opened()).hasSize(listed());
    }

    @Test
    void propertyAlways_readsAll() {
        readAtStart();
        fake.property(VerifiedBundle.PROPERTY, "always");

        assertThat(readAtStart()).hasSize(listed());
    }

    @Test
    void touchedFile_isReadAlone() throws IOException {
        readAtStart();
        Files.setLastModifiedTime(copy.file(WEIGHTS), FileTime.from(Instant.parse("2026-01-01T00:00:00Z")));

        assertThat(readAtStart()).containsExactly(WEIGHTS);
    }

    @Test
    void alteredFileWithItsOldSizeAndTime_isFound() throws IOException {
        readAtStart();
        FileTime time = Files.getLastModifiedTime(copy.file(WEIGHTS));
        byte[] altered = copy.read(WEIGHTS);
        altered[1000] ^= 1;
        Files.write(copy.file(WEIGHTS), altered);
        Files.setLastModifiedTime(copy.file(WEIGHTS), time);

        assertThatThrownBy(this::readAtStart)
                .isInstanceOf(ModelBundleException.class)
                .hasMessageContaining(WEIGHTS + ": expected SHA-256 ")
                .hasMessageContaining(", found " + Hashing.sha256().hashBytes(altered));
    }

    @Test
    void otherFileInItsPlace_isRead() throws IOException {
        readAtStart();
        Path other = temporary.resolve("other");
        FileTime time = Files.getLastModifiedTime(copy.file(WEIGHTS));
        Files.write(other, copy.read(WEIGHTS));
        Files.setLastModifiedTime(other, time);
        Files.delete(copy.file(WEIGHTS));
        Files.move(other, copy.file(WEIGHTS));

        assertThat(readAtStart()).containsExactly(WEIGHTS);
    }

    @Test
    void fileWrittenAMomentAgo_isReadAgain() throws IOException {
        Instant written = FileStamp.of(copy.file(WEIGHTS)).written();
        clock = Clock.fixed(written.plusMillis(1500), ZoneOffset.UTC);

        assertThat(readAtStart()).hasSize(listed());
        assertThat(readAtStart()).contains(WEIGHTS);

        clock = Clock.fixed(written.plusMillis(2500), ZoneOffset.UTC);
        readAtStart();
        assertThat(readAtStart()).doesNotContain(WEIGHTS);
    }

    @Test
    void manifestThatSaysAnotherHash_isNotSatisfiedByTheRecord() {
        readAtStart();
        String manifest = new String(copy.read(Manifest.FILE_NAME), UTF_8);
        String hash = Hashing.sha256().hashBytes(copy.read(WEIGHTS)).toString();
        byte[] other = manifest.replace(hash, "0".repeat(64)).getBytes(UTF_8);

        assertThatThrownBy(() -> VerifiedBundle.open(files, other, fake.host(), clock))
                .isInstanceOf(ModelBundleException.class)
                .hasMessageContaining(WEIGHTS + ": expected SHA-256 " + "0".repeat(64) + ", found " + hash);
    }

    @Test
    void damagedRecord_isAsNone() throws IOException {
        readAtStart();
        try (Stream<Path> records = Files.list(temporary.resolve("cache/verified"))) {
            for (Path record : records.toList()) {
                Files.write(record, new byte[] {(byte) 0xff, 0, '\n', 'x'});
            }
        }

        assertThat(readAtStart()).hasSize(listed());
        assertThat(readAtStart()).isEmpty();
    }

    @Test
    void cacheThatCannotBeWritten_isDoneWithout() throws IOException {
        Files.writeString(temporary.resolve("cache"), "a file");

        assertThat(readAtStart()).hasSize(listed());
        assertThat(readAtStart()).hasSize(listed());
    }

    @Test
    void modelInAJar_isReadOnce_andAgainWhenTheJarIsAnother() throws IOException {
        Path jar = jar("first.jar");

        assertThat(readAtStart(jar)).hasSize(listed());
        assertThat(readAtStart(jar)).isEmpty();

        Files.setLastModifiedTime(jar, FileTime.from(Instant.parse("2026-01-01T00:00:00Z")));
        assertThat(readAtStart(jar)).hasSize(listed());
    }

    private Path jar(String name) throws IOException {
        Path jar = temporary.resolve(name);
        try (FileSystem zip = FileSystems.newFileSystem(URI.create("jar:" + jar.toUri()), Map.of("create", "true"));
                Stream<Path> all = Files.walk(copy.folder())) {
            for (Path file : all.filter(Files::isRegularFile).toList()) {
                Path entry = zip.getPath("any", copy.folder().relativize(file).toString());
                Files.createDirectories(entry.getParent());
                Files.copy(file, entry);
            }
        }
        return jar;
    }

    private List<String> readAtStart(Path jar) throws IOException {
        try (URLClassLoader loader = new URLClassLoader(new URL[] {jar.toUri().toURL()}, null)) {
            files = new CountedFiles(new ResourceFiles(Resources.of(loader), "any"));
            return readAtStart();
        }
    }
}
