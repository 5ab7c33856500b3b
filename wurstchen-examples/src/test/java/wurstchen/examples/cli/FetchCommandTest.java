package wurstchen.examples.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import wurstchen.onnx.ModelBundle;

/** {@code pack}, a web server, and {@code fetch}. */
final class FetchCommandTest {
    @TempDir
    private Path folder;

    private HttpServer server;

    @BeforeEach
    void startServer() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", this::send);
        server.start();
    }

    @AfterEach
    void stopServer() {
        server.stop(0);
    }

    private void send(HttpExchange exchange) throws IOException {
        try (exchange) {
            Path file = folder.resolve(exchange.getRequestURI().getPath().substring(1));
            boolean there = Files.isRegularFile(file);
            exchange.sendResponseHeaders(there ? 200 : 404, there ? Files.size(file) : -1);
            if (there) {
                Files.copy(file, exchange.getResponseBody());
            }
        }
    }

    private String address(String file) {
        return "http://localhost:" + server.getAddress().getPort() + "/" + file;
    }

    private static String sha256() {
        try (ModelBundle bundle = ModelBundle.open(CommandRun.TINY_BUNDLE)) {
            return bundle.manifestSha256();
        }
    }

    private CommandRun fetch(String file, String sha256) {
        return CommandRun.of(folder, "fetch", address(file), "--sha256", sha256, "--cache", folder.resolve("cache").toString());
    }

    @Test
    void packedBundle_isFetchedAndMakesAPicture() {
        CommandRun packed = CommandRun.of(folder, "pack", CommandRun.TINY_BUNDLE.toString());
        assertThat(packed.err()).isEmpty();
        assertThat(packed.out())
                .isEqualToNormalizingNewlines("wrote " + folder.resolve("tiny-bundle.zip") + "\nfetch it with: wurstchen fetch ADDRESS --sha256 " + sha256() + "\n");

        CommandRun fetched = fetch("tiny-bundle.zip", sha256());

        assertThat(fetched.err()).isEmpty();
        assertThat(fetched.out()).isEqualToNormalizingNewlines(folder.resolve("cache").resolve(sha256()) + "\n");
        CommandRun made = CommandRun.of(folder, "generate", "a cat", "--model", fetched.out().strip(), "--out", folder.resolve("cat.png").toString(),
                "--width=384", "--height=128", "--stage-c-steps=1", "--stage-b-steps=1");
        assertThat(made.err()).isEmpty();
        assertThat(folder.resolve("cat.png")).exists();
    }

    @Test
    void archiveThatIsThere_isReplacedOnlyByItsName() throws IOException {
        Path archive = Files.createFile(folder.resolve("tiny-bundle.zip"));

        CommandRun refused = CommandRun.of(folder, "pack", CommandRun.TINY_BUNDLE.toString());
        assertThat(refused.err().lines().findFirst()).contains("wurstchen: " + archive + " is there already; give its name with --out to replace it");
        assertThat(refused.exitCode()).isEqualTo(2);

        assertThat(CommandRun.of(folder, "pack", CommandRun.TINY_BUNDLE.toString(), "--out", "tiny-bundle.zip").exitCode()).isZero();
        assertThat(archive).isNotEmptyFile();
    }

    @Test
    void archiveOfAnotherName_isRefused() {
        CommandRun run = CommandRun.of(folder, "pack", CommandRun.TINY_BUNDLE.toString(), "-o", "tiny.tar");

        assertThat(run.err().lines().findFirst()).contains("wurstchen: --out: the name of an archive must end with .zip, got 'tiny.tar'");
        assertThat(run.exitCode()).isEqualTo(2);
    }

    @Test
    void missingBundle_isOneLine() {
        CommandRun run = fetch("nowhere", sha256());

        assertThat(run.err()).isEqualToNormalizingNewlines("wurstchen: " + address("nowhere/model.json")
                + ": expected status 200, got 404; check the address, and whether it needs an Authorization header\n");
        assertThat(run.exitCode()).isEqualTo(1);
    }

    @Test
    void wrongUsage_isOneLine() {
        assertThat(fetch("tiny-bundle.zip", "abc").err().lines().findFirst())
                .contains("wurstchen: expected manifest SHA-256 must be 64 hexadecimal digits, got 'abc'");
        assertThat(CommandRun.of(folder, "fetch", "/srv/models", "--sha256", sha256()).err().lines().findFirst())
                .contains("wurstchen: a bundle is fetched from an http or https address, got '/srv/models'; open a folder with ModelBundle.open");
    }
}
