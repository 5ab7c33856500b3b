package wurstchen.onnx.fetch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import wurstchen.WurstchenException;
import wurstchen.onnx.Manifest;
import wurstchen.onnx.ModelBundle;
import wurstchen.onnx.ModelBundleException;

/** Servers that stop, lie, send something else, lead astray, or never end. */
class HostileServerTest extends FetchTestCase {
    private static final String OTHER_FILE = "; the server has another file: give the address of this model";

    private long size() throws IOException {
        return Files.size(bundle.file("stage_c_step.onnx.data"));
    }

    private String shown(String path) {
        return server.uri(path).toString();
    }

    /** Returns what is left of a bundle that did not come whole. */
    private Path partial(String file) {
        return cache().resolve(sha256(bundle.file(Manifest.FILE_NAME)) + ".partial").resolve(file);
    }

    @Test
    void breakInAFile_isResumed() {
        server.once(STEP, FileServer.breakingAfter(1000));

        open("/bundle");

        assertThat(server.requests()).containsSubsequence(STEP + " 0", STEP + " 1000").doesNotContain(STEP + " 1");
    }

    @Test
    void breakInAnArchive_isResumed() throws IOException {
        String archive = pack();
        int half = (int) Files.size(temporary.resolve("tiny.zip")) / 2;
        server.once(archive, FileServer.breakingAfter(half));

        open(archive);

        assertThat(server.requests()).containsExactly("/tiny.zip 0", "/tiny.zip " + half);
    }

    @ParameterizedTest
    @ValueSource(strings = {"/bundle", "/tiny.zip"})
    void breakOfAServerWithoutRanges_isReadAgain(String path) {
        server.withoutRanges();
        server.once(STEP, FileServer.breakingAfter(1000));
        server.once(pack(), FileServer.breakingAfter(100_000));

        open(path);

        assertThat(server.requests()).hasSizeGreaterThan(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"bytes 5-9/10", "bytes -", "none"})
    void otherRange_isAskedForAgainAsAWhole(String range) {
        server.once(STEP, FileServer.breakingAfter(1000)).answer(STEP, (exchange, file, from) -> {
            if (from == 0) {
                server.answer(STEP, (second, same, start) -> {
                    if (start > 0) {
                        second.getResponseHeaders().set("Content-Range", range);
                    }
                    second.sendResponseHeaders(start > 0 ? 206 : 200, same.length);
                    second.getResponseBody().write(same);
                });
                FileServer.breakingAfter(1000).send(exchange, file, from);
            }
        });

        open("/bundle");

        assertThat(server.requests()).containsSubsequence(STEP + " 0", STEP + " 1000", STEP + " 0");
    }

    @Test
    void beginningOfAnEarlierCall_isKept() {
        server.answer(STEP, (exchange, file, from) -> {
            server.answer(STEP, FileServer.status(410));
            FileServer.breakingAfter(1000).send(exchange, file, from);
        });
        assertFails(
                fetch("/bundle"),
                WurstchenException.class,
                shown(STEP) + ": expected status 200, got 410; check the address, and whether it needs an Authorization header");
        assertThat(partial("stage_c_step.onnx.data")).hasSize(1000);
        int before = server.requests().size();
        server.behave();

        open("/bundle");

        assertThat(server.requests().subList(before, server.requests().size())).startsWith(STEP + " 1000").doesNotContain("/bundle/model.json 0");
    }

    @Test
    void otherBeginningOfAnEarlierCall_isFetchedAgain() throws IOException {
        Path begun = partial("stage_c_step.onnx.data");
        Files.createDirectories(begun.getParent());
        Files.write(begun, new byte[1000]);
        Files.write(begun.resolveSibling("unlisted"), new byte[1]);
        Files.createSymbolicLink(begun.resolveSibling("stage_b_step.onnx"), temporary.resolve("elsewhere"));

        open("/bundle");

        assertThat(server.requests()).containsSubsequence(STEP + " 1000", STEP + " 0");
        assertThat(temporary.resolve("elsewhere")).doesNotExist();
    }

    @Test
    void otherBytes_areRefused() throws IOException {
        byte[] other = bundle.read("stage_c_step.onnx.data");
        String expected = sha256(bundle.file("stage_c_step.onnx.data"));
        other[1000] ^= 1;
        Files.write(bundle.file("stage_c_step.onnx.data"), other);

        assertFails(
                fetch("/bundle"),
                ModelBundleException.class,
                "stage_c_step.onnx.data: expected SHA-256 " + expected + ", found " + sha256(bundle.file("stage_c_step.onnx.data")) + " at "
                        + shown(STEP) + OTHER_FILE);
        assertThat(partial("stage_c_step.onnx.data")).doesNotExist();
    }

    @ParameterizedTest
    @ValueSource(ints = {-7, 7})
    void otherLength_isRefused(int difference) throws IOException {
        byte[] other = Arrays.copyOf(bundle.read("stage_c_step.onnx.data"), (int) size() + difference);
        long expected = size();
        Files.write(bundle.file("stage_c_step.onnx.data"), other);

        assertFails(
                fetch("/bundle"),
                ModelBundleException.class,
                "stage_c_step.onnx.data: expected " + expected + " bytes, the server has " + other.length + " at " + shown(STEP) + OTHER_FILE);
    }

    @Test
    void announcedLengthThatDoesNotCome_isGivenUp() throws IOException {
        server.answer(STEP, (exchange, file, from) -> {
            exchange.sendResponseHeaders(from > 0 ? 206 : 200, file.length - from);
            exchange.close();
        });

        assertThatThrownBy(fetch("/bundle")::open)
                .isExactlyInstanceOf(WurstchenException.class)
                .hasMessageStartingWith(shown(STEP) + ": 3 tries in a row brought nothing, the last one: ")
                .hasMessageEndingWith("; try again later: what was fetched is kept");
    }

    @Test
    void fileWithoutEnd_isCutOff() throws IOException {
        server.answer(STEP, FileServer.endless());

        assertFails(
                fetch("/bundle"),
                ModelBundleException.class,
                "stage_c_step.onnx.data: expected " + size() + " bytes, the server has more at " + shown(STEP) + OTHER_FILE);
        assertThat(partial("stage_c_step.onnx.data")).hasSize(size());
    }

    @Test
    void manifestWithoutEnd_isCutOff() {
        server.answer("/bundle/model.json", FileServer.endless());

        assertFails(
                fetch("/bundle"),
                ModelBundleException.class,
                shown("/bundle/model.json") + ": more than 4194304 bytes, which is no manifest; give the address of a bundle");
    }

    @Test
    void otherManifest_isRefused() throws IOException {
        String expected = sha256(bundle.file(Manifest.FILE_NAME));
        Path other = Files.createDirectories(temporary.resolve("other")).resolve(Manifest.FILE_NAME);
        Files.writeString(other, "{}");

        assertFails(
                fetch("/other"),
                ModelBundleException.class,
                "model.json: expected SHA-256 " + expected + ", found " + sha256(other)
                        + ": another model, or altered; get the bundle from where the expected value comes from");
    }

    @Test
    void otherArchive_isRefused() throws IOException {
        Files.write(temporary.resolve("other.zip"), new byte[1000]);

        assertFails(
                fetch("/other.zip"),
                ModelBundleException.class,
                shown("/other.zip") + ": expected an archive that begins with model.json, found other bytes; write it with the command pack");
    }

    @Test
    void alteredArchive_isRefused() throws IOException {
        Path archive = temporary.resolve(pack().substring(1));
        byte[] bytes = Files.readAllBytes(archive);
        bytes[bytes.length / 2] ^= 1;
        Files.write(archive, bytes);

        assertThatThrownBy(fetch("/tiny.zip")::open)
                .isExactlyInstanceOf(ModelBundleException.class)
                .hasMessageMatching("[a-z_./]+: expected SHA-256 [0-9a-f]{64}, found [0-9a-f]{64} at \\Q" + shown("/tiny.zip") + OTHER_FILE + "\\E");
    }

    @Test
    void silence_isGivenUp() {
        server.answer("/bundle/model.json", server.silent());

        assertFails(
                fetch("/bundle").quietTime(Duration.ofSeconds(3)).tries(2, Duration.ZERO),
                WurstchenException.class,
                shown("/bundle/model.json")
                        + ": 2 tries in a row brought nothing, the last one: no byte came for PT3S; try again later: what was fetched is kept");
    }

    @Test
    void missingFile_isNamed() {
        server.answer(STEP, FileServer.status(404));

        assertFails(
                fetch("/bundle?signature=secret"),
                WurstchenException.class,
                shown(STEP) + ": expected status 200, got 404; check the address, and whether it needs an Authorization header");
    }

    @Test
    void passingTrouble_isTriedAgain() {
        server.once(STEP, FileServer.status(503));

        open("/bundle");

        assertThat(server.requests()).containsSubsequence(STEP + " 0", STEP + " 0");
    }

    @Test
    void redirect_isFollowed() {
        server.answer(STEP, FileServer.redirecting("elsewhere.data")).answer("/bundle/elsewhere.data", (exchange, file, from) -> {
            byte[] step = bundle.read("stage_c_step.onnx.data");
            exchange.sendResponseHeaders(200, step.length);
            exchange.getResponseBody().write(step);
        });

        open("/bundle");
    }

    @ParameterizedTest
    @ValueSource(strings = {"file:///etc/hostname", "ftp://models.invalid/x", "jar:file:/x.jar!/y", "http:///nowhere"})
    void redirectElsewhere_isRefused(String location) {
        server.answer(STEP, FileServer.redirecting(location));

        assertFails(
                fetch("/bundle"),
                WurstchenException.class,
                shown(STEP) + ": the server redirects to '" + location
                        + "', only http and https addresses are followed; use the address of the files themselves");
    }

    @Test
    void redirectInACircle_isLeft() {
        server.answer(STEP, FileServer.redirecting(STEP));

        assertFails(
                fetch("/bundle"),
                WurstchenException.class,
                shown(STEP) + ": more than 5 redirects, the last one to " + shown(STEP) + "; use the address of the files themselves");
    }

    @Test
    void fetchOfTooMuchTime_isEnded() {
        server.answer(STEP, server.silent());

        assertFails(
                fetch("/bundle").totalTime(Duration.ofSeconds(2)),
                WurstchenException.class,
                shown("/bundle") + ": fetching took longer than PT2S; allow more with totalTime; what was fetched is kept, and the next call"
                        + " continues from there");
    }

    @Test
    void interrupt_endsAFetch() {
        Thread caller = Thread.currentThread();
        server.answer(STEP, (exchange, file, from) -> {
            caller.interrupt();
            server.silent().send(exchange, file, from);
        });

        assertFails(
                fetch("/bundle"),
                WurstchenException.class,
                shown("/bundle") + ": interrupted while fetching; what was fetched is kept, and the next call continues from there");
        assertThat(Thread.interrupted()).isTrue();
    }

    @Test
    void abandonedLock_isNoObstacle() throws IOException {
        Files.createDirectories(cache());
        Files.createFile(cache().resolve(sha256(bundle.file(Manifest.FILE_NAME)) + ".lock"));

        try (ModelBundle fetched = fetch("/bundle").open()) {
            assertThat(fetched.folder()).isPresent();
        }
    }
}
