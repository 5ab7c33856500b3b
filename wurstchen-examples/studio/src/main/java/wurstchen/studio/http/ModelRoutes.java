package wurstchen.studio.http;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.common.base.Supplier;
import com.google.common.base.Suppliers;
import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import java.io.ByteArrayInputStream;
import java.util.List;
import java.util.stream.IntStream;
import wurstchen.PictureDefaults;
import wurstchen.PictureMetadata;
import wurstchen.Wurstchen;
import wurstchen.WurstchenException;
import wurstchen.image.Png;
import wurstchen.onnx.Manifest;
import wurstchen.stage.LatentGeometry;
import wurstchen.studio.Limits;
import wurstchen.studio.Studio;
import wurstchen.studio.order.RefusedOrder;
import wurstchen.text.ClipTokenizer;
import wurstchen.text.TokenIds;

/** What the model takes: {@code /api/model}, tokens of a prompt, and settings of a file. */
final class ModelRoutes {
    /** Start and end. */
    private static final int SPECIAL_TOKENS = 2;

    private final Studio studio;
    private final Bodies bodies;
    private final Supplier<List<Integer>> sides;

    ModelRoutes(Studio studio, Bodies bodies) {
        this.studio = studio;
        this.bodies = bodies;
        LatentGeometry geometry = studio.pipeline().geometry();
        this.sides = Suppliers.memoize(() -> sides(geometry, studio.limits().side()));
    }

    void register(RoutesConfig routes) {
        routes.get("/api/model", context -> Json.send(context, 200, model()));
        routes.post("/api/tokens", this::tokens);
        routes.post("/api/settings", this::settings);
    }

    private ObjectNode model() {
        Manifest manifest = studio.model().manifest();
        Wurstchen pipeline = studio.pipeline();
        ObjectNode json = Json.object()
                .put("name", manifest.about().name())
                .put("description", manifest.about().description())
                .put("sha256", studio.model().manifestSha256())
                .put("device", studio.device())
                .put("tokens", pipeline.parts().tokenizerC().maxLength() - SPECIAL_TOKENS)
                .put("image", pipeline.parts().semanticCompressor().isPresent())
                .put("previews", pipeline.parts().projectionC().isPresent());
        putDefaults(json.putObject("defaults"), pipeline.defaults());
        ArrayNode sizes = json.putArray("sizes");
        manifest.recommendedSizes().forEach(size -> sizes.addObject().put("width", size.width()).put("height", size.height()));
        ArrayNode valid = json.putArray("sides");
        sides.get().forEach(valid::add);
        putGeometry(json.putObject("geometry"), pipeline.geometry());
        putLimits(json.putObject("limits"), studio.limits());
        return json;
    }

    private static void putDefaults(ObjectNode json, PictureDefaults defaults) {
        json.put("width", defaults.width())
                .put("height", defaults.height())
                .put("stage-c-steps", defaults.stageCSteps())
                .put("stage-c-guidance", defaults.stageCGuidance())
                .put("stage-b-steps", defaults.stageBSteps())
                .put("stage-b-guidance", defaults.stageBGuidance());
    }

    private static void putGeometry(ObjectNode json, LatentGeometry geometry) {
        json.put("stage-c-channels", geometry.stageCChannels())
                .put("stage-c-px", geometry.resolutionMultiple())
                .put("stage-b-channels", geometry.stageBChannels())
                .put("stage-b-scale", geometry.latentDimScale());
    }

    private static void putLimits(ObjectNode json, Limits limits) {
        json.put("pictures", limits.pictures())
                .put("prompt-characters", limits.promptCharacters())
                .put("body-bytes", limits.bodyBytes())
                .put("input-pixels", limits.inputPixels())
                .put("jobs", limits.jobs());
    }

    private static List<Integer> sides(LatentGeometry geometry, int most) {
        return IntStream.rangeClosed(1, most / geometry.stageAFactor())
                .map(i -> i * geometry.stageAFactor())
                .filter(side -> isValid(geometry, side))
                .boxed()
                .toList();
    }

    private static boolean isValid(LatentGeometry geometry, int side) {
        try {
            geometry.checkSize(side, side);
            return true;
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    private void tokens(Context context) {
        bodies.json(context, json -> {
            String prompt = json.path("prompt").asText();
            if (prompt.length() > studio.limits().promptCharacters()) {
                throw new RefusedOrder(400, "a prompt may have " + studio.limits().promptCharacters() + " characters, got " + prompt.length());
            }
            ClipTokenizer tokenizer = studio.pipeline().parts().tokenizerC();
            TokenIds ids = tokenizer.encode(prompt);
            Json.send(context, 200, Json.object()
                    .put("tokens", tokenizer.count(prompt, () -> {}))
                    .put("most", tokenizer.maxLength() - SPECIAL_TOKENS)
                    .put("dropped", ids.dropped()));
        });
    }

    /** What a PNG says about how it was made. */
    private void settings(Context context) {
        bodies.bytes(context, bytes -> {
            try {
                PictureMetadata metadata = PictureMetadata.fromText(Png.readText(new ByteArrayInputStream(bytes)));
                Json.send(context, 200, Json.of(metadata));
            } catch (WurstchenException | IllegalArgumentException e) {
                throw new RefusedOrder(422, "this file does not say how it was made: only PNG files of wurstchen do");
            }
        });
    }
}
