package wurstchen.onnx.internal.library;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.hash.Hashing;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import wurstchen.WurstchenException;
import wurstchen.onnx.internal.cache.CacheFolder;
import wurstchen.onnx.internal.common.FakeHost;

class LibraryPlacesTest {
    private static final String PROVIDER = "libonnxruntime_providers_cuda.so";
    private static final Map<String, byte[]> CPU = Map.of(
            "libonnxruntime.so", "core".getBytes(UTF_8),
            "libonnxruntime4j_jni.so", "jni".getBytes(UTF_8));

    @TempDir
    private Path folder;

    private FakeHost fake;
    private OrtArtifact gpu;

    @BeforeEach
    void gpuArtifact() throws IOException {
        fake = new FakeHost(folder).property(CacheFolder.PROPERTY, folder.resolve("cache"));
        gpu = FakeOrtJar.artifact(fake.host(), gpuJar("provider"));
    }

    private Path gpuJar(String provider) throws IOException {
        Map<String, byte[]> libraries = new HashMap<>(CPU);
        libraries.put("libonnxruntime_providers_shared.so", "shared".getBytes(UTF_8));
        libraries.put(PROVIDER, provider.getBytes(UTF_8));
        return FakeOrtJar.write(folder.resolve("onnxruntime_gpu.jar"), "1.29.0", libraries);
    }

    private Path prepare() {
        return LibraryPlaces.find(gpu, fake.host()).orElseThrow().folder();
    }

    private static List<String> files(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }

    @Test
    void gpuArtifact_isUnpackedIntoTheCache() throws IOException {
        Path cache = prepare();

        assertThat(cache.getParent()).isEqualTo(folder.resolve("cache/native"));
        assertThat(cache.getFileName().toString()).matches("onnxruntime_gpu-1\\.29\\.0-linux-x64-[0-9a-f]{16}");
        assertThat(files(cache))
                .containsExactly(
                        "libonnxruntime.so",
                        "libonnxruntime.so.sha256",
                        "libonnxruntime4j_jni.so",
                        "libonnxruntime4j_jni.so.sha256",
                        PROVIDER,
                        PROVIDER + ".sha256",
                        "libonnxruntime_providers_shared.so",
                        "libonnxruntime_providers_shared.so.sha256",
                        "lock");
        assertThat(cache.resolve(PROVIDER)).hasContent("provider");
        assertThat(Files.readString(cache.resolve(PROVIDER + ".sha256")))
                .matches(Hashing.sha256().hashString("provider", UTF_8) + " 8 \\d+\n");
    }

    @Test
    void secondStart_writesNothing() throws IOException {
        Path library = prepare().resolve(PROVIDER);
        Object before = Files.readAttributes(library, "unix:ino,ctime");

        prepare();

        assertThat((Object) Files.readAttributes(library, "unix:ino,ctime")).isEqualTo(before);
    }

    @Test
    void otherBuild_hasAnotherFolder() throws IOException {
        Path first = prepare();
        gpu = FakeOrtJar.artifact(fake.host(), gpuJar("PROVIDER"));

        Path second = prepare();

        assertThat(second).isNotEqualTo(first);
        assertThat(second.resolve(PROVIDER)).hasContent("PROVIDER");
        assertThat(first.resolve(PROVIDER)).hasContent("provider");
    }

    @Test
    void cutOffLibrary_isRepaired() throws IOException {
        Path library = prepare().resolve(PROVIDER);
        Files.writeString(library, "prov");

        prepare();

        assertThat(library).hasContent("provider");
    }

    @Test
    void writtenToLibrary_isRepaired() throws IOException {
        Path library = prepare().resolve(PROVIDER);
        Files.writeString(library, "PROVIDER");
        Files.setLastModifiedTime(library, FileTime.fromMillis(1));

        prepare();

        assertThat(library).hasContent("provider");
    }

    @Test
    void lostOrUnreadableRecord_isRepaired() throws IOException {
        Path record = prepare().resolve(PROVIDER + ".sha256");
        String written = Files.readString(record);
        Files.delete(record);
        prepare();
        assertThat(record).hasContent(written.replaceFirst("\\d+\n", modified() + "\n"));

        Files.write(record, new byte[] {(byte) 0xff, 0, 7});
        prepare();
        assertThat(record).hasContent(written.replaceFirst("\\d+\n", modified() + "\n"));
    }

    private String modified() throws IOException {
        return Long.toString(Files.getLastModifiedTime(prepare().resolve(PROVIDER)).toMillis());
    }

    @Test
    void damageThatKeepsSizeAndTime_isFoundByReadingAll() throws IOException {
        Path cache = prepare();
        FileTime time = Files.getLastModifiedTime(cache.resolve(PROVIDER));
        List<PackedLibrary> libraries = LibraryPlaces.packed(gpu, fake.host());
        assertThat(new LibraryCache(cache).damaged(libraries)).isEmpty();

        Files.writeString(cache.resolve(PROVIDER), "PROVIDER");
        Files.setLastModifiedTime(cache.resolve(PROVIDER), time);

        assertThat(new LibraryCache(cache).damaged(libraries)).containsExactly(PROVIDER);
    }

    @Test
    void whatAKilledJvmLeft_isDeleted() throws IOException {
        Path cache = prepare();
        Files.delete(cache.resolve(PROVIDER));
        Files.writeString(cache.resolve(PROVIDER + ".123.partial"), "prov");

        prepare();

        assertThat(cache.resolve(PROVIDER)).hasContent("provider");
        assertThat(files(cache)).noneMatch(name -> name.endsWith(".partial"));
    }

    @Test
    void manyAtATime_unpackOnceAndGetTheSame() throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(16);
        List<Future<Path>> prepared = new ArrayList<>();
        for (int i = 0; i < 64; i++) {
            prepared.add(threads.submit(this::prepare));
        }
        for (Future<Path> one : prepared) {
            assertThat(one.get().resolve(PROVIDER)).hasContent("provider");
        }
        threads.shutdown();
        assertThat(files(prepare())).hasSize(9);
    }

    @Test
    void cacheThatCannotBeWritten_isNamedWithTheRoomItNeeds() throws IOException {
        Files.writeString(folder.resolve("cache"), "a file");
        Path cache = folder.resolve("cache/native/" + cacheName());

        assertThatThrownBy(this::prepare)
                .isInstanceOf(WurstchenException.class)
                .hasMessage("cannot unpack ONNX Runtime's libraries into " + cache + ": java.nio.file.FileSystemException: "
                        + folder.resolve("cache/native") + ": Not a directory; it needs room for 1 MB; to use another place, name a folder"
                        + " with -Dwurstchen.cache=FOLDER or the environment variable WURSTCHEN_CACHE");
    }

    private String cacheName() {
        return LibraryPlaces.cache(gpu, LibraryPlaces.packed(gpu, fake.host()), fake.host()).folder().getFileName().toString();
    }

    private OrtArtifact cpu() throws IOException {
        return FakeOrtJar.artifact(fake.host(), FakeOrtJar.write(folder.resolve("onnxruntime.jar"), "1.29.0", CPU));
    }

    private LibraryPlace findCpu() throws IOException {
        return LibraryPlaces.find(cpu(), fake.host()).orElseThrow();
    }

    @Test
    void cpuArtifact_isUnpackedIntoTheCache() throws IOException {
        LibraryPlace place = findCpu();

        assertThat(place.origin()).isEqualTo(LibraryPlace.Origin.CACHE);
        assertThat(place.folder().getParent()).isEqualTo(folder.resolve("cache/native"));
        assertThat(place.folder().getFileName().toString()).matches("onnxruntime-1\\.29\\.0-linux-x64-[0-9a-f]{16}");
        assertThat(files(place.folder()))
                .containsExactly(
                        "libonnxruntime.so",
                        "libonnxruntime.so.sha256",
                        "libonnxruntime4j_jni.so",
                        "libonnxruntime4j_jni.so.sha256",
                        "lock");
    }

    @Test
    void noLibrariesForThisSystem_areNowhere() throws IOException {
        fake.property("os.arch", "riscv64");

        assertThat(LibraryPlaces.find(cpu(), fake.host())).isEmpty();
        assertThat(folder.resolve("cache")).doesNotExist();
    }

    @Test
    void providerBehindTheCpuArtifact_isNotMixedWithIt() throws IOException {
        Path cpu = FakeOrtJar.write(folder.resolve("onnxruntime.jar"), "1.29.0", CPU);

        assertThat(FakeOrtJar.artifact(fake.host(), cpu, gpuJar("provider")).hasCuda()).isFalse();
        assertThat(FakeOrtJar.artifact(fake.host(), gpuJar("provider"), cpu).hasCuda()).isTrue();
    }

    @Test
    void nativePathOfTheUser_isUsedAsItIs() throws IOException {
        Path mine = Files.createDirectory(folder.resolve("mine"));
        for (String library : CPU.keySet()) {
            Files.writeString(mine.resolve(library), "mine");
        }
        fake.property(LibraryPlaces.NATIVE_PATH, mine);

        assertThat(LibraryPlaces.find(gpu, fake.host())).contains(new LibraryPlace(mine, LibraryPlace.Origin.USER));
        assertThat(folder.resolve("cache")).doesNotExist();
    }

    @Test
    void wrongNativePath_isNamed() throws IOException {
        Path missing = folder.resolve("missing");
        fake.property(LibraryPlaces.NATIVE_PATH, missing);
        assertThatThrownBy(this::prepare)
                .isInstanceOf(WurstchenException.class)
                .hasMessage("-Donnxruntime.native.path=" + missing + ": there is no such folder; name a folder that holds all of ONNX"
                        + " Runtime's libraries, or leave the property out to use those of the class path");

        Path empty = Files.createDirectory(folder.resolve("empty"));
        fake.property(LibraryPlaces.NATIVE_PATH, empty);
        assertThatThrownBy(this::prepare)
                .isInstanceOf(WurstchenException.class)
                .hasMessage("-Donnxruntime.native.path=" + empty + ": it has no libonnxruntime.so; name a folder that holds all of ONNX"
                        + " Runtime's libraries, or leave the property out to use those of the class path");
    }
}
