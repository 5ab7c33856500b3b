package wurstchen.onnx.snippets;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import wurstchen.Wurstchen;
import wurstchen.onnx.BundleFetch;
import wurstchen.onnx.Golden;
import wurstchen.onnx.ModelBundle;
import wurstchen.onnx.OnnxWurstchen;
import wurstchen.onnx.fetch.FileServer;

/** Models that are fetched. */
class FetchSnippetsTest {
    private final FileServer server = new FileServer(Golden.BUNDLE.getParent());
    private final URI address = server.uri("/" + Golden.BUNDLE.getFileName());

    @TempDir
    private Path folder;

    @AfterEach
    void stop() {
        server.close();
    }

    private static String sha256() {
        try (ModelBundle bundle = ModelBundle.open(Golden.BUNDLE)) {
            return bundle.manifestSha256();
        }
    }

    @Test
    void fetch() {
        String sha256 = sha256();
        // @start region="fetch"
        try (ModelBundle bundle = ModelBundle.fetch(address, sha256); // from the cache at the second start
                Wurstchen wurstchen = OnnxWurstchen.builder().model(bundle).open()) {
            wurstchen.generate("a red apple");
        }
        // @end
    }

    @Test
    void options() {
        String sha256 = sha256();
        AtomicLong percent = new AtomicLong();
        // @start region="options"
        ModelBundle bundle = BundleFetch.from(address, sha256)
                .header("Authorization", "Bearer " + System.getenv("MODELS_TOKEN"))
                .cache(folder)
                .quietTime(Duration.ofSeconds(30))
                .progress(part -> percent.set(100 * part.bytes() / part.totalBytes()))
                .open();
        // @end
        assertThat(bundle.folder().orElseThrow()).startsWith(folder.toAbsolutePath());
        assertThat(percent).hasValue(100);
        bundle.close();
    }
}
