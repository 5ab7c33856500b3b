package wurstchen.onnx.internal.library;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.hash.Hashing;
import com.google.common.io.MoreFiles;
import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import wurstchen.onnx.internal.cache.CacheFolder;
import wurstchen.onnx.internal.common.FakeHost;
import wurstchen.onnx.internal.common.HostSystem;

/** Several JVMs start at the same moment with an empty cache. */
class LibraryCacheProcessTest {
    private static final String PROVIDER = "libonnxruntime_providers_cuda.so";
    private static final int JVMS = 4;

    @TempDir
    private Path folder;

    /** What each JVM runs: prepares, and prints where, and the SHA-256 of what is there at that moment. */
    static final class OneJvm {
        private OneJvm() {}

        public static void main(String[] args) throws IOException {
            HostSystem host = new FakeHost(Path.of("/")).property(CacheFolder.PROPERTY, args[1]).host();
            try (URLClassLoader loader = new URLClassLoader(new URL[] {Path.of(args[0]).toUri().toURL()}, null)) {
                Path cache = LibraryPlaces.find(OrtArtifact.find(loader, host), host).orElseThrow().folder();
                System.out.println(cache + " " + MoreFiles.asByteSource(cache.resolve(PROVIDER)).hash(Hashing.sha256()));
            }
        }
    }

    @Test
    void jvmsAtTheSameTime_getTheSameWholeLibraries() throws Exception {
        byte[] provider = new byte[20_000_000];
        new Random(1).nextBytes(provider);
        Path jar = FakeOrtJar.write(
                folder.resolve("gpu.jar"), "1.29.0", Map.of("libonnxruntime.so", "core".getBytes(UTF_8), PROVIDER, provider));
        String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        List<Process> processes = new ArrayList<>();
        for (int i = 0; i < JVMS; i++) {
            processes.add(new ProcessBuilder(
                            java,
                            "-cp",
                            System.getProperty("java.class.path"),
                            OneJvm.class.getName(),
                            jar.toString(),
                            folder.resolve("cache").toString())
                    .redirectErrorStream(true)
                    .start());
        }

        for (Process process : processes) {
            String output = new String(process.getInputStream().readAllBytes(), UTF_8).strip();
            assertThat(process.waitFor()).as(output).isZero();
            assertThat(output).endsWith(" " + Hashing.sha256().hashBytes(provider));
        }
        try (var caches = Files.list(folder.resolve("cache/native"))) {
            List<Path> all = caches.toList();
            assertThat(all).hasSize(1);
            assertThat(all.get(0).toFile().list())
                    .containsExactlyInAnyOrder("libonnxruntime.so", "libonnxruntime.so.sha256", PROVIDER, PROVIDER + ".sha256", "lock");
        }
    }
}
