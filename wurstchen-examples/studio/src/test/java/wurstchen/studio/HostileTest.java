package wurstchen.studio;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.common.io.MoreFiles;
import com.google.common.io.RecursiveDeleteOption;
import com.google.common.io.Resources;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Base64;
import java.util.Optional;
import java.util.zip.CRC32;
import java.util.zip.DeflaterOutputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import wurstchen.onnx.Manifest;
import wurstchen.onnx.ModelBundle;
import wurstchen.studio.Client.Answer;

/** What a studio survives. After each attack it draws. */
class HostileTest {
    private static final String MODEL = "wurstchen/model";

    @TempDir
    private static Path folder;

    private static RunningStudio studio;

    @BeforeAll
    static void start() {
        studio = RunningStudio.start(folder.resolve("gallery"), Limits.USUAL);
    }

    @AfterAll
    static void stop() {
        studio.close();
    }

    @AfterEach
    void stillDraws() throws Exception {
        assertThat(studio.client().end(studio.client().draw(Client.order("still here"))).path("state").asText()).isEqualTo("done");
    }

    private static Answer drawWith(byte[] image) throws Exception {
        ObjectNode order = Client.order("a red apple");
        order.putObject("image").put("data", Base64.getEncoder().encodeToString(image));
        return studio.client().post("/api/pictures", order);
    }

    /** A PNG of a size, with as many zero bytes as it says or fewer. */
    private static byte[] png(int width, int height, int rows) throws Exception {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.write(new byte[] {(byte) 0x89, 'P', 'N', 'G', 13, 10, 26, 10});
        chunk(out, "IHDR", ByteBuffer.allocate(13).putInt(width).putInt(height).put(new byte[] {8, 2, 0, 0, 0}).array());
        ByteArrayOutputStream data = new ByteArrayOutputStream();
        try (DeflaterOutputStream deflated = new DeflaterOutputStream(data)) {
            for (int row = 0; row < rows; row++) {
                deflated.write(new byte[1 + 3 * width]);
            }
        }
        chunk(out, "IDAT", data.toByteArray());
        chunk(out, "IEND", new byte[0]);
        return out.toByteArray();
    }

    private static void chunk(ByteArrayOutputStream out, String type, byte[] data) throws Exception {
        byte[] typed = ByteBuffer.allocate(4 + data.length).put(type.getBytes("US-ASCII")).put(data).array();
        CRC32 crc = new CRC32();
        crc.update(typed);
        out.write(ByteBuffer.allocate(4).putInt(data.length).array());
        out.write(typed);
        out.write(ByteBuffer.allocate(4).putInt((int) crc.getValue()).array());
    }

    @Test
    void picturesThatAreNone_areRefused() throws Exception {
        byte[] good = png(64, 64, 64);
        for (byte[] bad : new byte[][] {new byte[0], "<svg/>".getBytes("US-ASCII"), Arrays.copyOf(good, 60), png(64, 64, 3)}) {
            Answer answer = drawWith(bad);
            assertThat(answer.status()).as("%s", answer).isEqualTo(400);
            assertThat(answer.error()).startsWith("'image': ");
        }
        assertThat(drawWith(good).status()).isEqualTo(201);
    }

    @Test
    void pictureThatUnpacksToGigabytes_isRefusedByItsHeader() throws Exception {
        Answer answer = drawWith(png(40_000, 40_000, 10));

        assertThat(answer.status()).isEqualTo(400);
        assertThat(answer.error()).contains("40000 x 40000").contains("16777216");
    }

    @Test
    void uploadOf50Megabytes_isRefused_whetherItSaysSoOrNot() throws Exception {
        byte[] large = new byte[50_000_000];
        Arrays.fill(large, (byte) ' ');
        HttpRequest chunked = HttpRequest.newBuilder(URI.create("http://localhost:" + studio.port() + "/api/pictures"))
                .header("Content-Type", "application/json")
                .POST(BodyPublishers.ofInputStream(() -> new ByteArrayInputStream(large)))
                .build();
        HttpResponse<String> answer = HttpClient.newHttpClient().send(chunked, BodyHandlers.ofString());

        assertThat(answer.statusCode()).isEqualTo(413);
        assertThat(answer.body()).isEqualTo("{\"error\":\"a body may have 24 MB: send a smaller picture\"}");
    }

    @Test
    void fileThatIsNotOurs_hasNoSettings() throws Exception {
        Answer answer = studio.client().post("/api/settings", "image/png", png(8, 8, 8));

        assertThat(answer.error()).isEqualTo("this file does not say how it was made: only PNG files of wurstchen do");
        assertThat(answer.status()).isEqualTo(422);
    }

    @Test
    void jsonThatNestsDeeply_isRefused() throws Exception {
        assertThat(studio.client()
                        .post("/api/pictures", "application/json", "{\"prompt\":".repeat(5000).getBytes("US-ASCII"))
                        .error())
                .startsWith("the body is no valid JSON: Document nesting depth (21) exceeds the maximum allowed");
    }

    @Test
    void fullDisk_isSaidBeforeAnythingIsDrawn() throws Exception {
        try (RunningStudio full = RunningStudio.start(folder.resolve("full"), Limits.USUAL.withFreeDiskBytes(Long.MAX_VALUE))) {
            Answer answer = full.client().post("/api/pictures", Client.order("a red apple"));

            assertThat(answer.error()).startsWith("the gallery's disk has ").endsWith(
                    " MB must stay free: delete pictures, or start the studio with another --gallery");
            assertThat(answer.status()).isEqualTo(507);
        }
    }

    @Test
    void galleryThatCannotBeWritten_failsTheJobAndSaysWhy() throws Exception {
        Path gallery = folder.resolve("gallery");
        JsonNode job = studio.client().draw(Client.order("a red apple").put("stage-c-steps", 100));
        studio.client().awaitDrawing(job);
        Path aside = Files.move(gallery, folder.resolve("aside"));
        JsonNode end = studio.client().end(job);
        Files.move(aside, gallery);

        assertThat(end.path("state").asText()).isEqualTo("failed");
        assertThat(end.path("message").asText()).startsWith("cannot write " + gallery).endsWith(" is not a folder; create it, or name one that exists");
    }

    @Test
    void modelFolderThatVanishes_failsWhatNeedsIt_andNothingElse() throws Exception {
        Path model = copyOfModel();
        try (RunningStudio without = RunningStudio.start(ModelBundle.open(model), folder.resolve("without"), Limits.USUAL, Optional.empty())) {
            deleteAll(model);
            Client client = without.client();

            ObjectNode withImage = Client.order("a red apple");
            withImage.putObject("image").put("data", Base64.getEncoder().encodeToString(png(64, 64, 64)));
            JsonNode failed = client.end(client.draw(withImage));
            assertThat(failed.path("state").asText()).isEqualTo("failed");
            assertThat(failed.path("message").asText()).contains("semantic_compressor");
            assertThat(client.end(client.draw(Client.order("still here"))).path("state").asText()).isEqualTo("done");
        }
    }

    private Path copyOfModel() throws Exception {
        Path copy = folder.resolve("model");
        try (ModelBundle bundle = ModelBundle.openResource(HostileTest.class, MODEL)) {
            copyFile(copy, Manifest.FILE_NAME);
            for (String file : bundle.manifest().files().keySet()) {
                copyFile(copy, file);
            }
        }
        return copy;
    }

    private static void copyFile(Path copy, String file) throws Exception {
        Files.createDirectories(copy.resolve(file).getParent());
        try (InputStream in = Resources.getResource(MODEL + "/" + file).openStream()) {
            Files.copy(in, copy.resolve(file));
        }
    }

    private static void deleteAll(Path model) throws Exception {
        MoreFiles.deleteRecursively(model, RecursiveDeleteOption.ALLOW_INSECURE);
    }
}
