package wurstchen.onnx.fetch;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.hash.Hashing;
import com.google.common.io.MoreFiles;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import wurstchen.WurstchenException;
import wurstchen.onnx.BundleCopy;
import wurstchen.onnx.BundleFetch;
import wurstchen.onnx.Manifest;
import wurstchen.onnx.ModelBundle;

/** A server of the tiny bundle, and an empty cache. */
abstract class FetchTestCase {
    static final String STEP = "/bundle/stage_c_step.onnx.data";

    @TempDir
    Path temporary;

    BundleCopy bundle;
    FileServer server;

    @BeforeEach
    void startServer() {
        bundle = BundleCopy.in(temporary);
        server = new FileServer(bundle.folder().getParent());
    }

    @AfterEach
    void stopServer() {
        server.close();
    }

    Path cache() {
        return temporary.resolve("cache");
    }

    /** Fetches without pauses, up to three tries. */
    BundleFetch fetch(String path) {
        return BundleFetch.from(server.uri(path), sha256(bundle.file(Manifest.FILE_NAME))).cache(cache()).tries(3, Duration.ZERO);
    }

    void open(String path) {
        try (ModelBundle opened = fetch(path).open()) {
            opened.verify();
        }
    }

    void assertFails(BundleFetch fetch, Class<? extends WurstchenException> type, String message) {
        assertThatThrownBy(fetch::open).isExactlyInstanceOf(type).hasMessage(message);
    }

    static String sha256(Path file) {
        try {
            return MoreFiles.asByteSource(file).hash(Hashing.sha256()).toString();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Writes the archive of the bundle where the server finds it. */
    String pack() {
        try (ModelBundle opened = ModelBundle.open(bundle.folder())) {
            opened.pack(bundle.folder().resolveSibling("tiny.zip"));
        }
        return "/tiny.zip";
    }
}
