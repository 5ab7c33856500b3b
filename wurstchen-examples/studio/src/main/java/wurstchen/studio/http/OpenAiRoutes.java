package wurstchen.studio.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import wurstchen.studio.Studio;
import wurstchen.studio.gallery.GalleryPicture;
import wurstchen.studio.job.Job;
import wurstchen.studio.job.JobState;
import wurstchen.studio.order.RefusedOrder;

/**
 * The endpoint that clients of OpenAI's API call: prompt, n, size, response_format. What else they send is ignored if it changes nothing
 * here. The source is OpenAI's API reference, "Create image".
 */
final class OpenAiRoutes {
    private static final Pattern SIZE = Pattern.compile("([0-9]{1,5})x([0-9]{1,5})");
    private static final Duration WAIT = Duration.ofSeconds(10);

    private final Studio studio;
    private final Bodies bodies;

    OpenAiRoutes(Studio studio, Bodies bodies) {
        this.studio = studio;
        this.bodies = bodies;
    }

    void register(RoutesConfig routes) {
        routes.get("/v1/models", this::models);
        routes.post("/v1/images/generations", this::generate);
    }

    private void models(Context context) {
        ObjectNode json = Json.object().put("object", "list");
        json.putArray("data").addObject().put("id", studio.model().manifest().about().name()).put("object", "model").put("created", 0)
                .put("owned_by", "wurstchen");
        Json.send(context, 200, json);
    }

    private void generate(Context context) {
        JobAndFormat[] submitted = new JobAndFormat[1];
        bodies.json(context, json -> submitted[0] = submit(json));
        Job job = submitted[0].job();
        JobState end = await(job);
        if (end.phase() != JobState.Phase.DONE) {
            throw new RefusedOrder(500, end.phase() == JobState.Phase.FAILED ? end.message() : "the job was cancelled");
        }
        ObjectNode answer = Json.object().put("created", Instant.now().getEpochSecond()).put("output_format", "png");
        ArrayNode data = answer.putArray("data");
        end.finished().forEach(picture -> data.add(submitted[0].asUrl() ? url(context, picture) : base64(picture)));
        Json.send(context, 200, answer);
    }

    private record JobAndFormat(Job job, boolean asUrl) {}

    private JobAndFormat submit(JsonNode json) {
        if (!json.path("prompt").isTextual()) {
            throw new RefusedOrder(400, "'prompt' is missing");
        }
        if (json.path("stream").asBoolean(false)) {
            throw new RefusedOrder(400, "'stream' is not supported: leave it out, or use /api/pictures with its events");
        }
        if (!json.path("output_format").asText("png").equals("png")) {
            throw new RefusedOrder(400, "'output_format' must be png");
        }
        ObjectNode order = Json.object().put("prompt", json.get("prompt").asText()).put("pictures", json.path("n").asText("1"));
        putSize(order, json.path("size").asText("auto"));
        if (json.hasNonNull("seed")) {
            order.put("seed", json.get("seed").asText());
        }
        String format = json.path("response_format").asText("b64_json");
        if (!format.equals("b64_json") && !format.equals("url")) {
            throw new RefusedOrder(400, "'response_format' must be b64_json or url, got '" + format + "'");
        }
        return new JobAndFormat(studio.jobs().submit(studio.orders().read(order)), format.equals("url"));
    }

    private static void putSize(ObjectNode order, String size) {
        Matcher sides = SIZE.matcher(size);
        if (sides.matches()) {
            order.put("width", sides.group(1)).put("height", sides.group(2));
        } else if (!size.equals("auto")) {
            throw new RefusedOrder(400, "'size' must be auto or WIDTHxHEIGHT, such as 256x256, got '" + size + "'");
        }
    }

    private static JobState await(Job job) {
        try {
            Job.Snapshot now = job.now();
            while (!now.state().phase().isEnd()) {
                now = job.await(now.version(), WAIT);
            }
            return now.state();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            job.cancel();
            throw new RefusedOrder(503, "the studio is shutting down");
        }
    }

    private static ObjectNode url(Context context, GalleryPicture picture) {
        return Json.object().put("url", context.scheme() + "://" + context.host() + "/api/gallery/" + picture.id() + ".png");
    }

    private static ObjectNode base64(GalleryPicture picture) {
        try {
            return Json.object().put("b64_json", Base64.getEncoder().encodeToString(Files.readAllBytes(picture.file())));
        } catch (IOException e) {
            throw new RefusedOrder(500, "the picture was drawn, and cannot be read any more: " + e);
        }
    }
}
