package wurstchen.studio;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.OutputStream;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import wurstchen.onnx.Device;
import wurstchen.onnx.ModelBundle;
import wurstchen.studio.http.StudioServer;

/** Who may use the studio, byte by byte as it comes over the wire. */
class AccessTest {
    private static final String TOKEN = "correct-horse";

    @TempDir
    private static Path folder;

    private static Studio studio;
    private static StudioServer local;
    private static StudioServer guarded;

    @BeforeAll
    static void start() throws IOException {
        Files.writeString(folder.resolve("secret.png"), "secret");
        studio = Studio.open(
                ModelBundle.openResource(AccessTest.class, "wurstchen/model"), Device.cpu(), folder.resolve("gallery"), Limits.USUAL);
        local = StudioServer.start(studio, "127.0.0.1", 0, Optional.empty());
        guarded = StudioServer.start(studio, "127.0.0.1", 0, Optional.of(TOKEN));
    }

    @AfterAll
    static void stop() {
        studio.close();
        local.close();
        guarded.close();
    }

    /** Sends a head, and returns the whole answer. */
    private static String send(StudioServer server, String... lines) throws IOException {
        try (Socket socket = new Socket("127.0.0.1", server.port())) {
            OutputStream out = socket.getOutputStream();
            out.write((String.join("\r\n", lines) + "\r\nConnection: close\r\n\r\n").getBytes(UTF_8));
            out.flush();
            return new String(socket.getInputStream().readAllBytes(), UTF_8);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"localhost", "localhost:80", "127.0.0.1:9", "[::1]:8710"})
    void namesOfThisMachine_areAnswered(String host) throws IOException {
        assertThat(send(local, "GET /api/gallery HTTP/1.1", "Host: " + host)).startsWith("HTTP/1.1 200").endsWith("{\"size\":0,\"pictures\":[]}");
    }

    @ParameterizedTest
    @ValueSource(strings = {"evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "192.168.0.1", "[2001:db8::1]:80"})
    void otherNames_areRefused_sinceAnyoneMayLetThemPointHere(String host) throws IOException {
        assertThat(send(local, "GET /api/gallery HTTP/1.1", "Host: " + host))
                .startsWith("HTTP/1.1 421")
                .endsWith("{\"error\":\"this studio answers to localhost only; start it with --host for other machines\"}");
    }

    @ParameterizedTest
    @ValueSource(strings = {"Origin: http://evil.example", "Origin: null", "Origin: http://localhost:1", "Sec-Fetch-Site: cross-site", "Sec-Fetch-Site: same-site"})
    void pagesOfOtherSites_cannotSendOrders(String header) throws IOException {
        assertThat(send(local, "POST /api/pictures HTTP/1.1", "Host: localhost", "Content-Type: application/json", "Content-Length: 0", header))
                .startsWith("HTTP/1.1 403")
                .endsWith("{\"error\":\"pages of other sites may not use the studio\"}");
    }

    @Test
    void pagesOfOtherSites_cannotShowPictures_butLinkToThePage() throws IOException {
        assertThat(send(local, "GET /api/gallery HTTP/1.1", "Host: localhost", "Sec-Fetch-Site: cross-site")).startsWith("HTTP/1.1 403");
        assertThat(send(local, "GET / HTTP/1.1", "Host: localhost", "Sec-Fetch-Site: cross-site")).startsWith("HTTP/1.1 200");
    }

    @Test
    void formsOfOtherPages_whichCannotSendJson_areRefused() throws IOException {
        assertThat(send(local, "POST /api/pictures HTTP/1.1", "Host: localhost", "Content-Type: text/plain", "Content-Length: 0"))
                .startsWith("HTTP/1.1 415")
                .endsWith("{\"error\":\"the body must be JSON with Content-Type: application/json\"}");
    }

    @Test
    void everyAnswer_hasThePolicies() throws IOException {
        for (String path : new String[] {"/", "/js/main.js", "/api/model", "/none"}) {
            assertThat(send(local, "GET " + path + " HTTP/1.1", "Host: localhost"))
                    .contains("Content-Security-Policy: default-src 'none'; script-src 'self';")
                    .contains("frame-ancestors 'none'")
                    .contains("X-Content-Type-Options: nosniff")
                    .contains("Cross-Origin-Resource-Policy: same-origin")
                    .doesNotContain("Access-Control-Allow-Origin")
                    .doesNotContain("Server: ");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "/../secret.png", "/api/gallery/../../secret.png", "/api/gallery/..%2f..%2fsecret.png", "/api/gallery/%2e%2e/secret.png",
        "/api/gallery/..%5c..%5csecret.png", "/%2e%2e/%2e%2e/secret.png", "//etc/passwd", "/js/..%2f..%2f..%2fsecret.png", "/..;/secret.png",
        "/api/gallery/inputs", "/META-INF/NOTICE", "/js/"
    })
    void filesOfTheMachine_areNotServed(String path) throws IOException {
        assertThat(send(local, "GET " + path + " HTTP/1.1", "Host: localhost")).startsWith("HTTP/1.1 4").doesNotContain("secret\n", "root:");
    }

    @ParameterizedTest
    @ValueSource(strings = {"/", "/js/main.js", "/api/model", "/api/gallery", "/v1/models", "/?token=wrong", "/api/model?token=" + TOKEN})
    void withoutTheToken_nothingIsServed(String path) throws IOException {
        assertThat(send(guarded, "GET " + path + " HTTP/1.1", "Host: anything.example"))
                .startsWith("HTTP/1.1 401")
                .contains("a token is needed");
    }

    @Test
    void token_isTakenAsHeaderOrCookie_andTheAddressSetsTheCookie() throws IOException {
        String cookie = "wurstchen-studio-" + guarded.port() + "=" + TOKEN;

        String login = send(guarded, "GET /?token=" + TOKEN + " HTTP/1.1", "Host: studio.example");
        assertThat(login).startsWith("HTTP/1.1 303").contains("Location: ").contains("Set-Cookie: " + cookie).contains("HttpOnly").contains("SameSite=Strict");
        assertThat(send(guarded, "GET /api/gallery HTTP/1.1", "Host: studio.example", "Cookie: " + cookie)).startsWith("HTTP/1.1 200");
        assertThat(send(guarded, "GET /v1/models HTTP/1.1", "Host: studio.example", "Authorization: Bearer " + TOKEN)).startsWith("HTTP/1.1 200");
        assertThat(send(guarded, "GET /v1/models HTTP/1.1", "Host: studio.example", "Authorization: Bearer wrong")).startsWith("HTTP/1.1 401");
    }
}
