package wurstchen.studio;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import wurstchen.GeneratedPicture;
import wurstchen.PictureRequest;
import wurstchen.image.Picture;
import wurstchen.image.Png;
import wurstchen.studio.Client.Answer;
import wurstchen.studio.Client.Event;

/** What {@code /api/pictures} draws, with the model in the box. */
class PicturesTest {
    @TempDir
    private static Path folder;

    private static RunningStudio studio;
    private static Client client;

    @BeforeAll
    static void start() {
        studio = RunningStudio.start(folder.resolve("gallery"), Limits.USUAL);
        client = studio.client();
    }

    @AfterAll
    static void stop() {
        studio.close();
    }

    private static GeneratedPicture picture(JsonNode finished) throws Exception {
        return GeneratedPicture.readPng(new ByteArrayInputStream(client.bytes(finished.path("url").asText())));
    }

    private static GeneratedPicture drawn(ObjectNode order) throws Exception {
        JsonNode end = client.end(client.draw(order));
        assertThat(end.path("state").asText()).as("%s", end).isEqualTo("done");
        assertThat(end.path("finished")).hasSize(1);
        return picture(end.path("finished").get(0));
    }

    private static String base64(Picture picture) {
        return Base64.getEncoder().encodeToString(new Png(picture, Map.of()).toBytes());
    }

    @Test
    void order_isDrawnAsTheLibraryDrawsIt() throws Exception {
        PictureRequest same = PictureRequest.builder("a red apple").seed(1).stageCSteps(4).stageBSteps(2).build();

        assertThat(drawn(Client.order("a red apple"))).isEqualTo(studio.studio().pipeline().generate(same).first());
    }

    @Test
    void events_tellEachStageInOrder_withPreviewsAndTimeLeft() throws Exception {
        drawn(Client.order("warm up"));

        List<Event> events = client.events(client.draw(Client.order("a red apple").put("stage-c-steps", 30)), event -> true);

        List<String> stages = events.stream()
                .filter(event -> event.name().equals("state") && event.data().has("stage"))
                .map(event -> event.data().path("stage").asText())
                .distinct()
                .toList();
        assertThat(stages).containsSubsequence("stage-c", "stage-b").isSubsetOf("text", "stage-c", "stage-b", "stage-a");
        assertThat(events).filteredOn(event -> event.name().equals("preview")).isNotEmpty().allSatisfy(event ->
                assertThat(event.data().path("previews").get(0).asText()).startsWith("data:image/png;base64,"));
        assertThat(events).anySatisfy(event -> assertThat(event.data().path("seconds-left").asDouble()).isPositive());
        assertThat(events).isSortedAccordingTo((first, second) -> first.name().equals("preview") || second.name().equals("preview")
                ? 0
                : Double.compare(first.data().path("progress").asDouble(), second.data().path("progress").asDouble()));
        JsonNode end = events.get(events.size() - 1).data();
        assertThat(end.path("state").asText()).isEqualTo("done");
        assertThat(end.path("progress").asDouble()).isEqualTo(1);
    }

    @Test
    void severalPictures_haveTheNextSeeds() throws Exception {
        JsonNode end = client.end(client.draw(Client.order("a star").put("pictures", 3).put("batch-size", 2)));

        assertThat(end.path("finished")).extracting(made -> made.path("settings").path("seed").asText()).containsExactly("1", "2", "3");
    }

    @Test
    void settingsOfAPicture_areAnOrderThatDrawsItAgain() throws Exception {
        JsonNode end = client.end(client.draw(Client.order("a star").put("seed", "-9223372036854775808").put("stage-c-timesteps", "1, 0.5,0")));
        JsonNode made = end.path("finished").get(0);

        assertThat(made.path("settings").path("seed").asText()).isEqualTo("-9223372036854775808");
        assertThat(drawn((ObjectNode) made.path("settings"))).isEqualTo(picture(made));
    }

    @Test
    void file_givesItsSettingsBack() throws Exception {
        JsonNode made = client.end(client.draw(Client.order("a star"))).path("finished").get(0);

        Answer settings = client.post("/api/settings", "image/png", client.bytes(made.path("url").asText()));

        assertThat(settings).isEqualTo(new Answer(200, made.path("settings")));
    }

    @Test
    void imageToImage_keepsItsInput_soThatItsSettingsDrawItAgain() throws Exception {
        Picture input = drawn(Client.order("a red apple")).picture();
        ObjectNode order = Client.order("a green apple").put("strength", 0.5);
        order.putObject("image").put("data", base64(input));

        JsonNode made = client.end(client.draw(order)).path("finished").get(0);

        PictureRequest same =
                PictureRequest.builder("a green apple").seed(1).stageCSteps(4).stageBSteps(2).image(input).strength(0.5f).build();
        assertThat(picture(made)).isEqualTo(studio.studio().pipeline().generate(same).first());
        assertThat(made.path("settings").path("image-sha256").asText()).isEqualTo(input.sha256());
        assertThat(drawn((ObjectNode) made.path("settings"))).isEqualTo(picture(made));
    }

    @Test
    void mask_keepsTheOtherPixels() throws Exception {
        JsonNode first = client.end(client.draw(Client.order("a red apple"))).path("finished").get(0);
        BufferedImage left = new BufferedImage(256, 256, BufferedImage.TYPE_INT_RGB);
        for (int i = 0; i < 128 * 256; i++) {
            left.setRGB(i % 128, i / 128, 0xffffff);
        }
        ObjectNode order = Client.order("a green apple").put("seed", 9);
        order.putObject("image").put("picture", first.path("id").asText());
        order.putObject("mask").put("data", base64(Picture.fromImage(left)));

        Picture painted = drawn(order).picture();

        Picture before = picture(first).picture();
        assertThat(painted.rgb(200, 100)).isEqualTo(before.rgb(200, 100));
        assertThat(painted).isNotEqualTo(before);
    }

    @Test
    void series_beginsAndEndsWithTheTwoPictures() throws Exception {
        JsonNode last = client.end(client.draw(Client.order("a green pear").put("seed", 2))).path("finished").get(0);
        ObjectNode order = Client.order("a red apple").put("pictures", 3);
        order.putObject("to").put("picture", last.path("id").asText());

        JsonNode finished = client.end(client.draw(order)).path("finished");

        assertThat(finished).hasSize(3);
        assertThat(picture(finished.get(0))).isEqualTo(drawn(Client.order("a red apple")));
        assertThat(picture(finished.get(2))).isEqualTo(picture(last));
        assertThat(drawn((ObjectNode) finished.get(1).path("settings"))).isEqualTo(picture(finished.get(1)));
    }

    @Test
    void promptThatIsTooLong_isDrawnAndSaid() throws Exception {
        JsonNode end = client.end(client.draw(Client.order("apple ".repeat(75) + "and a pear")));

        assertThat(end.path("message").asText()).isEqualTo("the prompt is too long; this was dropped: and a pear");
        assertThat(client.post("/api/tokens", Client.object().put("prompt", "apple ".repeat(75) + "and a pear")).json())
                .hasToString("{\"tokens\":78,\"most\":75,\"dropped\":\"and a pear\"}");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            {"width": 1000}           | width must be a multiple of 128, at most 4096, got 1000; nearest: 896, 1024
            {"width": "wide"}         | setting 'width' must be a whole number, got 'wide'
            {"width": 4096}           | a picture's sides may have 2048 px here, got 4096
            {"pictures": 65}          | at most 64 pictures can be ordered at once, got 65
            {"pictures": "many"}      | setting 'pictures' must be a whole number, got 'many'
            {"strength": 0.5}         | a strength needs an image: set one, or no strength
            {"seed": {}}              | 'seed' must be a text or a number
            {"image": {"data": "????"}} | 'image': 'data' is not Base64: Illegal base64 character 3f
            {"image": "../../passwd"} | 'image' must be an object with 'data' (a file in Base64), 'picture' (an id of the gallery) or 'sha256' (of an input that was used before)
            []                        | expected a JSON object
            {"prompt": "a}            | the body is no valid JSON: Unexpected end-of-input in VALUE_STRING
            """)
    void mistake_isRefusedWithTheRemedy(String body, String message) throws Exception {
        Answer answer = client.post("/api/pictures", "application/json", body.getBytes(UTF_8));

        assertThat(answer.error()).isEqualTo(message);
        assertThat(answer.status()).isEqualTo(400);
    }

    @Test
    void unknownName_isRefusedWithThoseThatThereAre() throws Exception {
        assertThat(client.post("/api/pictures", Client.object().put("steps", 3)).error()).isEqualTo("unknown name 'steps'; there are batch-size,"
                + " fit, height, long-prompts, negative-prompt, pictures, prompt, prompt-weights, seed, stage-b-guidance, stage-b-steps,"
                + " stage-b-timesteps, stage-c-guidance, stage-c-steps, stage-c-timesteps, strength, width, image, mask, to and cancel-when-left");
    }

    @Test
    void everyAddressOfTheDescription_isServed() throws Exception {
        JsonNode paths = client.get("/api/openapi.json").json().path("paths");

        assertThat(paths).hasSize(12);
        for (var path : paths.properties()) {
            for (var method : path.getValue().properties()) {
                Answer answer = client.send(client.request(path.getKey().replace("{id}", "none"))
                        .method(method.getKey().toUpperCase(Locale.ROOT), BodyPublishers.noBody()));
                assertThat(answer.error()).as("%s %s", method.getKey(), path.getKey()).doesNotContain("of this address");
            }
        }
        assertThat(client.get("/api/none").error()).isEqualTo("there is no GET of this address; /api/openapi.json lists what there is");
    }
}
