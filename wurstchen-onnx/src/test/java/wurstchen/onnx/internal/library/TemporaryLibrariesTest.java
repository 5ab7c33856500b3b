package wurstchen.onnx.internal.library;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import wurstchen.WurstchenException;
import wurstchen.onnx.internal.cache.CacheFolder;
import wurstchen.onnx.internal.common.FakeHost;

/** Where the CPU's libraries go when the cache does not take them. */
class TemporaryLibrariesTest {
    @TempDir
    private Path folder;

    private Path home;
    private Path temporary;
    private FakeHost fake;

    @BeforeEach
    void machine() throws IOException {
        home = Files.createDirectory(folder.resolve("home"));
        temporary = Files.createDirectory(folder.resolve("tmp"));
        fake = new FakeHost(folder.resolve("root")).property("user.home", home).property("java.io.tmpdir", temporary);
    }

    private LibraryPlace find() throws IOException {
        Map<String, byte[]> libraries =
                Map.of("libonnxruntime.so", "core".getBytes(UTF_8), "libonnxruntime4j_jni.so", "jni".getBytes(UTF_8));
        Path jar = FakeOrtJar.write(folder.resolve("onnxruntime.jar"), "1.29.0", libraries);
        return LibraryPlaces.find(FakeOrtJar.artifact(fake.host(), jar), fake.host()).orElseThrow();
    }

    private void mounts(String... lines) throws IOException {
        Path file = folder.resolve("root/proc/self/mountinfo");
        Files.createDirectories(file.getParent());
        Files.write(file, List.of(lines));
    }

    private static List<Path> list(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.toList();
        }
    }

    private void assertTemporary(LibraryPlace place) throws IOException {
        assertThat(place.origin()).isEqualTo(LibraryPlace.Origin.TEMPORARY);
        assertThat(list(temporary)).containsExactly(place.folder());
        assertThat(place.folder().getFileName().toString()).startsWith("wurstchen-native-");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(place.folder()))).isEqualTo("rwx------");
        assertThat(place.folder().resolve("libonnxruntime.so")).hasContent("core");
        assertThat(place.folder().resolve("libonnxruntime4j_jni.so")).hasContent("jni");

        TemporaryLibraries.delete(place.folder());

        assertThat(list(temporary)).isEmpty();
    }

    /** Of a program that was killed while it loaded them. */
    @Test
    void leftoversOfAnHourAgo_areDeleted_othersAreNot() throws IOException {
        Files.delete(home);
        Files.createFile(home);
        Path old = Files.createDirectory(temporary.resolve("wurstchen-native-1"));
        Files.write(old.resolve("libonnxruntime.so"), new byte[10]);
        Files.setLastModifiedTime(old, FileTime.from(Instant.now().minus(Duration.ofHours(2))));
        Path inUse = Files.createDirectory(temporary.resolve("wurstchen-native-2"));
        Path others = Files.createDirectory(temporary.resolve("others"));
        Files.setLastModifiedTime(others, FileTime.fromMillis(0));

        LibraryPlace place = find();

        assertThat(list(temporary)).containsExactlyInAnyOrder(inUse, others, place.folder());
    }

    @Test
    void cacheThatCanBeWritten_isUsed() throws IOException {
        assertThat(find().folder()).startsWith(home.resolve(".cache/wurstchen/native"));
        assertThat(list(temporary)).isEmpty();
    }

    @Test
    void cacheThatCannotBeWritten_isDoneWithout() throws IOException {
        Files.writeString(home.resolve(".cache"), "a file");

        assertTemporary(find());
    }

    @Test
    void userWithoutHome_hasNoCache() throws IOException {
        fake.property("user.home", "?");

        assertTemporary(find());
    }

    @Test
    void cacheMountedNoexec_isDoneWithout() throws IOException {
        mounts("1 0 0:1 / / rw - ext4 /dev/a rw", "2 1 0:2 / " + home.toRealPath() + " rw,nosuid,noexec shared:1 - ext4 /dev/b rw");

        assertTemporary(find());
        assertThat(list(home)).isEmpty();
    }

    /** A library is loaded by one class loader at a time. */
    @Test
    void librariesLoadedByAnotherClassLoader_areUnpackedForThisOne() throws IOException {
        fake.property(LibraryPlaces.LOADED_PATH, find().folder());

        assertTemporary(find());
    }

    @Test
    void namedCacheMountedNoexec_isNamed() throws IOException {
        Path cache = Files.createDirectory(folder.resolve("my cache"));
        mounts("1 0 0:1 / / rw - ext4 /dev/a rw", "2 1 0:2 / " + cache.toRealPath().toString().replace(" ", "\\040") + " noexec - ext4 b rw");
        fake.property(CacheFolder.PROPERTY, cache);

        assertThatThrownBy(this::find)
                .isInstanceOf(WurstchenException.class)
                .message()
                .matches("cannot unpack ONNX Runtime's libraries into \\Q" + cache + "\\E/native/onnxruntime-1\\.29\\.0-linux-x64-[0-9a-f]{16}:"
                        + " it is mounted noexec, so no library can be loaded from it; it needs room for 1 MB; to use another place, name a"
                        + " folder with -Dwurstchen\\.cache=FOLDER or the environment variable WURSTCHEN_CACHE");
        assertThat(list(temporary)).isEmpty();
    }

    @Test
    void laterMount_hidesAnEarlierOne() throws IOException {
        mounts("1 0 0:1 / / rw,noexec - ext4 /dev/a rw", "2 1 0:2 / / rw - overlay overlay rw");

        assertThat(find().origin()).isEqualTo(LibraryPlace.Origin.CACHE);
    }

    @Test
    void nothingThatMayBeExecuted_isNamedWithBothRemedies() throws IOException {
        mounts("1 0 0:1 / / rw,noexec - ext4 /dev/a rw");

        assertThatThrownBy(this::find)
                .isInstanceOf(WurstchenException.class)
                .hasMessage("cannot unpack ONNX Runtime's libraries into the temporary folder " + temporary + ": it is mounted noexec, so no"
                        + " library can be loaded from it; they need 1 MB: name a folder that can be written with"
                        + " -Djava.io.tmpdir=FOLDER, or a folder that keeps them with -Dwurstchen.cache=FOLDER");
    }

    @Test
    void missingTemporaryFolder_isNamed() throws IOException {
        fake.property("user.home", "?");
        Files.delete(temporary);

        assertThatThrownBy(this::find)
                .isInstanceOf(WurstchenException.class)
                .hasMessage("ONNX Runtime needs the temporary folder " + temporary + ": no such folder; name a folder that can be written"
                        + " with -Djava.io.tmpdir=FOLDER");
    }

    @Test
    void fileAsTemporaryFolder_isNamed() throws IOException {
        fake.property("java.io.tmpdir", Files.writeString(folder.resolve("file"), ""));

        assertThatThrownBy(() -> TemporaryFolder.of(fake.host()))
                .isInstanceOf(WurstchenException.class)
                .hasMessage("ONNX Runtime needs the temporary folder " + folder.resolve("file") + ": not a folder; name a folder that can be"
                        + " written with -Djava.io.tmpdir=FOLDER");
    }
}
