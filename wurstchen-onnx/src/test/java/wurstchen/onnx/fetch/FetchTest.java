package wurstchen.onnx.fetch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ProxySelector;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import wurstchen.onnx.BundleFetch;
import wurstchen.onnx.FetchProgress;
import wurstchen.onnx.Manifest;
import wurstchen.onnx.ModelBundle;
import wurstchen.onnx.ModelBundleException;

/** Bundles that come whole, from servers that behave. */
class FetchTest extends FetchTestCase {
    private long files() {
        return server.requests().stream().filter(request -> !request.endsWith("/model.json 0")).count();
    }

    @Test
    void folder_isFetchedOnce() {
        try (ModelBundle fetched = fetch("/bundle").open()) {
            assertThat(fetched.manifest().about().name()).isEqualTo("tiny");
            assertThat(fetched.folder()).contains(cache().resolve(sha256(bundle.file(Manifest.FILE_NAME))).toAbsolutePath());
        }
        List<String> requests = server.requests();
        assertThat(requests).doesNotHaveDuplicates().allMatch(request -> request.endsWith(" 0"));

        open("/bundle");

        assertThat(server.requests()).isEqualTo(requests);
        assertThat(cache().toFile().list()).hasSize(2).allMatch(name -> name.matches("[0-9a-f]{64}(\\.lock)?"));
    }

    @Test
    void addressOfTheManifest_isTheFolders() {
        open("/bundle/model.json");

        assertThat(server.requests()).startsWith("/bundle/model.json 0").contains(STEP + " 0");
    }

    @Test
    void archive_isFetchedInOneRequest() {
        open(pack());

        assertThat(server.requests()).containsExactly("/tiny.zip 0");
    }

    @Test
    void progress_endsWithAllBytes() {
        List<FetchProgress> heard = new ArrayList<>();

        ModelBundle fetched = fetch("/bundle").progress(heard::add).open();

        long total = fetched.manifest().files().values().stream().mapToLong(Manifest.BundleFile::size).sum();
        fetched.close();
        assertThat(heard).extracting(FetchProgress::bytes).isSorted().endsWith(total);
        assertThat(heard).extracting(FetchProgress::totalBytes).containsOnly(total);
        assertThat(heard).extracting(FetchProgress::file).contains("stage_c_step.onnx.data", "tokenizer_c/vocab.json");
    }

    @Test
    void damagedFileOfTheCache_isFetchedAgain() throws IOException {
        open("/bundle");
        long before = files();
        Path step = cache().resolve(sha256(bundle.file(Manifest.FILE_NAME))).resolve("stage_c_step.onnx");
        Files.write(step, "damaged".getBytes(StandardCharsets.UTF_8));

        open("/bundle");

        // What is there is taken for the beginning, then the whole is fetched.
        assertThat(server.requests()).endsWith("/bundle/stage_c_step.onnx 7", "/bundle/stage_c_step.onnx 0");
        assertThat(files()).isEqualTo(before + 2);
    }

    @Test
    void threadsAtTheSameTime_fetchOnce() throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(4);
        List<Future<?>> all = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            all.add(threads.submit(() -> open("/bundle")));
        }
        for (Future<?> one : all) {
            one.get();
        }
        threads.shutdown();

        assertThat(server.requests()).doesNotHaveDuplicates();
    }

    /** What each JVM runs. */
    static final class OneJvm {
        private OneJvm() {}

        public static void main(String[] args) {
            try (ModelBundle fetched = BundleFetch.from(URI.create(args[0]), args[1]).cache(Path.of(args[2])).open()) {
                System.out.println(fetched.manifest().about().name());
            }
        }
    }

    @Test
    void processesAtTheSameTime_fetchOnce() throws Exception {
        List<Process> processes = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            processes.add(new ProcessBuilder(
                            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                            "-cp",
                            System.getProperty("java.class.path"),
                            "-Dwurstchen.cache=" + cache(),
                            OneJvm.class.getName(),
                            server.uri("/bundle").toString(),
                            sha256(bundle.file(Manifest.FILE_NAME)),
                            cache().toString())
                    .redirectErrorStream(true)
                    .start());
        }
        for (Process process : processes) {
            assertThat(new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8)).isEqualTo("tiny\n");
            assertThat(process.waitFor()).isZero();
        }

        assertThat(server.requests()).doesNotHaveDuplicates();
    }

    @Test
    void proxyOfJava_isAsked() {
        ProxySelector before = ProxySelector.getDefault();
        URI proxy = server.uri("/");
        ProxySelector.setDefault(ProxySelector.of(new InetSocketAddress(proxy.getHost(), proxy.getPort())));
        try {
            BundleFetch.from(URI.create("http://models.invalid/bundle"), sha256(bundle.file(Manifest.FILE_NAME)))
                    .cache(cache())
                    .open()
                    .close();
        } finally {
            ProxySelector.setDefault(before);
        }

        assertThat(server.requests()).contains(STEP + " 0");
    }

    @Test
    void header_isSentToTheServerOnly() {
        List<String> heard = new ArrayList<>();
        try (FileServer other = new FileServer(bundle.folder().getParent())) {
            other.answer(STEP, (exchange, file, from) -> {
                heard.add("other " + exchange.getRequestHeaders().getFirst("Authorization"));
                exchange.sendResponseHeaders(200, file.length);
                exchange.getResponseBody().write(file);
            });
            server.answer(STEP, (exchange, file, from) -> {
                heard.add("server " + exchange.getRequestHeaders().getFirst("Authorization"));
                FileServer.redirecting(other.uri(STEP).toString()).send(exchange, file, from);
            });

            fetch("/bundle").header("Authorization", "Bearer secret").open().close();
        }

        assertThat(heard).containsExactly("server Bearer secret", "other null");
    }

    @Test
    void largeBundle_isRefusedBeforeItsFiles() {
        long total = ModelBundle.open(bundle.folder()).manifest().files().values().stream().mapToLong(Manifest.BundleFile::size).sum();

        assertFails(
                fetch("/bundle").maxBytes(1000),
                ModelBundleException.class,
                server.uri("/bundle") + ": expected a bundle of at most 1000 bytes, model.json lists " + total + "; allow more with maxBytes");
        assertThat(files()).isZero();
    }

    @Test
    void otherAddresses_areRefused() {
        String sha256 = "0".repeat(64);

        assertThatThrownBy(() -> ModelBundle.fetch(URI.create("file:/models/tiny"), sha256))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("a bundle is fetched from an http or https address, got 'file:/models/tiny'; open a folder with ModelBundle.open");
        assertThatThrownBy(() -> ModelBundle.fetch(URI.create("https://me:secret@models.invalid/tiny"), sha256))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("the address of a bundle must not hold a user's name or password, got one at models.invalid; set an Authorization header");
        assertThatThrownBy(() -> ModelBundle.fetch(server.uri("/bundle"), "abc"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("expected manifest SHA-256 must be 64 hexadecimal digits, got 'abc'");
    }
}
