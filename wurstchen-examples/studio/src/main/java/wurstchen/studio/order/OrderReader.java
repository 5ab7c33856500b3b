package wurstchen.studio.order;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;
import wurstchen.PictureRequest;
import wurstchen.PictureSettings;
import wurstchen.image.Picture;
import wurstchen.studio.Limits;
import wurstchen.studio.gallery.Gallery;

/**
 * Reads the JSON of an order: values under the names of the command line's options, all of them optional, and beside them {@code image},
 * {@code mask}, {@code to} (the other end of a series) and {@code cancel-when-left}. The metadata of a picture is such an object too.
 * Thread-safe.
 */
public final class OrderReader {
    /** Not values of a request, or not text. */
    private static final Set<String> OTHERS = Set.of("image", "mask", "to", "cancel-when-left", "image-sha256", "mask-sha256");

    private final Gallery gallery;
    private final Limits limits;

    /**
     * Creates one.
     *
     * @param gallery where orders find pictures
     * @param limits what they may ask for
     */
    public OrderReader(Gallery gallery, Limits limits) {
        this.gallery = gallery;
        this.limits = limits;
    }

    /**
     * Reads an order.
     *
     * @param json what the client sent
     * @return what to draw
     * @throws RefusedOrder if a value is unknown, malformed or above a limit
     */
    public Order read(JsonNode json) {
        if (!(json instanceof ObjectNode)) {
            throw RefusedOrder.badRequest("expected a JSON object");
        }
        Map<String, String> values = values(json);
        InputPictures inputs = new InputPictures(gallery, limits);
        try {
            PictureRequest.Builder request = begin(values);
            OrderFields.set(request, withoutBlend(values));
            readInputs(request, json, inputs);
            List<PictureRequest> requests = json.hasNonNull("to") ? series(request, json, inputs) : List.of(request.build());
            return checked(new Order(requests, inputs.all(), json.path("cancel-when-left").asBoolean(false)));
        } catch (IllegalArgumentException | IllegalStateException e) {
            throw RefusedOrder.badRequest(e.getMessage());
        }
    }

    private static Map<String, String> values(JsonNode json) {
        Map<String, String> values = new LinkedHashMap<>();
        json.properties().forEach(field -> {
            JsonNode value = field.getValue();
            if (value.isNull() || OTHERS.contains(field.getKey())) {
                return;
            }
            if (value.isObject()) {
                throw RefusedOrder.badRequest("'" + field.getKey() + "' must be a text or a number");
            }
            values.put(field.getKey(), value.isArray() ? joined(value) : value.asText());
        });
        return values;
    }

    private static String joined(JsonNode array) {
        return StreamSupport.stream(array.spliterator(), false).map(JsonNode::asText).collect(Collectors.joining(", "));
    }

    /** A picture of a series is described by more than a request's values: its metadata is read as a whole. */
    private static PictureRequest.Builder begin(Map<String, String> values) {
        return values.containsKey("blend-share")
                ? PictureSettings.fromText(values).toRequest().toBuilder()
                : PictureRequest.builder("");
    }

    private static Map<String, String> withoutBlend(Map<String, String> values) {
        Map<String, String> rest = new LinkedHashMap<>(values);
        if (values.containsKey("blend-share")) {
            rest.keySet().removeIf(name -> name.startsWith("blend-"));
        }
        return rest;
    }

    private static void readInputs(PictureRequest.Builder request, JsonNode json, InputPictures inputs) {
        if (json.hasNonNull("image") || json.hasNonNull("image-sha256")) {
            request.image(input("image", json, inputs));
        }
        if (json.hasNonNull("mask") || json.hasNonNull("mask-sha256")) {
            request.mask(input("mask", json, inputs));
        }
    }

    private static Picture input(String name, JsonNode json, InputPictures inputs) {
        return json.hasNonNull(name) ? inputs.read(name, json.get(name)) : inputs.read(name, sha256(json.get(name + "-sha256")));
    }

    private static JsonNode sha256(JsonNode hash) {
        ObjectNode from = JsonNodeFactory.instance.objectNode();
        return from.put("sha256", hash.asText());
    }

    /**
     * Goes from the request to a picture of the gallery: to its prompt and noise, or, if the request begins with a picture, to what the
     * other one shows.
     */
    private static List<PictureRequest> series(PictureRequest.Builder request, JsonNode json, InputPictures inputs) {
        int pictures = request.build().pictures();
        PictureSettings end = inputs.find(json.path("to").path("picture").asText()).metadata().settings();
        PictureRequest first = request.pictures(1).seed(request.build().seed().orElseGet(OrderReader::randomSeed)).build();
        PictureRequest.Builder last = first.toBuilder().prompt(end.prompt()).negativePrompt(end.negativePrompt()).seed(end.seed());
        if (first.image().isPresent()) {
            last.image(inputs.read("to", json.get("to")));
        }
        return first.seriesTo(last.build(), pictures);
    }

    private static long randomSeed() {
        return ThreadLocalRandom.current().nextLong(1L << 32);
    }

    private Order checked(Order order) {
        if (order.pictures() > limits.pictures()) {
            throw RefusedOrder.badRequest("at most " + limits.pictures() + " pictures can be ordered at once, got " + order.pictures());
        }
        for (PictureRequest request : order.requests()) {
            int prompt = Math.max(request.prompt().length(), request.negativePrompt().length());
            if (prompt > limits.promptCharacters()) {
                throw RefusedOrder.badRequest("a prompt may have " + limits.promptCharacters() + " characters, got " + prompt);
            }
            int side = Math.max(request.width().orElse(1), request.height().orElse(1));
            if (side > limits.side()) {
                throw RefusedOrder.badRequest("a picture's sides may have " + limits.side() + " px here, got " + side);
            }
        }
        return order;
    }
}
