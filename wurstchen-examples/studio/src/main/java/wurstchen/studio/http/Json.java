package wurstchen.studio.http;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.common.base.Ascii;
import io.javalin.http.Context;
import java.util.Base64;
import java.util.Map;
import wurstchen.PictureMetadata;
import wurstchen.image.Picture;
import wurstchen.image.Png;
import wurstchen.progress.CascadeStage;
import wurstchen.studio.gallery.GalleryPicture;
import wurstchen.studio.job.Job;
import wurstchen.studio.job.JobState;
import wurstchen.studio.job.Preview;

/** What the studio says, as JSON. */
final class Json {
    private static final ObjectMapper MAPPER = new ObjectMapper();

    private Json() {}

    static ObjectNode object() {
        return JsonNodeFactory.instance.objectNode();
    }

    static void send(Context context, int status, ObjectNode body) {
        context.status(status).contentType("application/json").result(body.toString());
    }

    static ObjectNode of(Job job, JobState state) {
        ObjectNode json = object()
                .put("id", job.id())
                .put("state", Ascii.toLowerCase(state.phase().name()))
                .put("place", state.place());
        state.stage().ifPresent(stage -> json.put("stage", name(stage)).put("step", state.step()).put("steps", state.steps()));
        json.put("picture", state.picture()).put("pictures", state.pictures()).put("progress", state.progress());
        state.secondsLeft().ifPresent(seconds -> json.put("seconds-left", seconds));
        ArrayNode finished = json.putArray("finished");
        state.finished().forEach(picture -> finished.add(of(picture)));
        return json.put("message", state.message()).put("events", "/api/pictures/" + job.id() + "/events");
    }

    static ObjectNode of(GalleryPicture picture) {
        ObjectNode json = object()
                .put("id", picture.id())
                .put("url", "/api/gallery/" + picture.id() + ".png")
                .put("made", picture.made().toString());
        json.set("settings", of(picture.metadata()));
        return json;
    }

    /** Seeds are text: JavaScript's numbers have 53 bits. */
    static ObjectNode of(PictureMetadata metadata) {
        try {
            ObjectNode json = (ObjectNode) MAPPER.readTree(metadata.toJson());
            json.put("seed", Long.toString(metadata.settings().seed()));
            if (json.has("blend-seed")) {
                json.put("blend-seed", json.get("blend-seed").asText());
            }
            return json;
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("metadata is JSON", e);
        }
    }

    static ObjectNode of(Preview preview) {
        ObjectNode json = object().put("stage", name(preview.stage())).put("picture", preview.firstPicture());
        ArrayNode pictures = json.putArray("previews");
        preview.pictures().forEach(picture -> pictures.add(dataUrl(picture)));
        return json;
    }

    private static String dataUrl(Picture picture) {
        return "data:image/png;base64," + Base64.getEncoder().encodeToString(new Png(picture, Map.of()).toBytes());
    }

    private static String name(CascadeStage stage) {
        return Ascii.toLowerCase(stage.name()).replace('_', '-');
    }
}
