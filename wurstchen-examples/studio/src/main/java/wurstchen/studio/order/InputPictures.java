package wurstchen.studio.order;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.ByteArrayInputStream;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import wurstchen.WurstchenException;
import wurstchen.image.Picture;
import wurstchen.image.PictureReader;
import wurstchen.studio.Limits;
import wurstchen.studio.gallery.Gallery;
import wurstchen.studio.gallery.GalleryPicture;

/** Reads the pictures of one order: from its JSON, from the gallery, or from what earlier orders began with. */
final class InputPictures {
    private final Gallery gallery;
    private final Limits limits;
    private final List<Picture> read = new ArrayList<>();

    InputPictures(Gallery gallery, Limits limits) {
        this.gallery = gallery;
        this.limits = limits;
    }

    /** Returns what was read. */
    List<Picture> all() {
        return List.copyOf(read);
    }

    /**
     * Reads a picture.
     *
     * @param name "image" or "mask", for messages
     * @param from an object with "data", "picture" or "sha256"
     * @throws RefusedOrder if there is no such picture, or it is too large
     */
    Picture read(String name, JsonNode from) {
        Picture picture = pictureOf(name, from);
        read.add(picture);
        return picture;
    }

    private Picture pictureOf(String name, JsonNode from) {
        if (from.path("data").isTextual()) {
            return decode(name, from.path("data").asText());
        }
        if (from.path("picture").isTextual()) {
            return decode(name, find(from.path("picture").asText()));
        }
        if (from.path("sha256").isTextual()) {
            return kept(name, from.path("sha256").asText());
        }
        throw RefusedOrder.badRequest("'" + name + "' must be an object with 'data' (a file in Base64), 'picture' (an id of the gallery) or"
                + " 'sha256' (of an input that was used before)");
    }

    /**
     * Finds a picture of the gallery.
     *
     * @throws RefusedOrder if there is none
     */
    GalleryPicture find(String id) {
        return gallery.find(id).orElseThrow(() -> new RefusedOrder(404, "the gallery has no such picture; it may have been deleted"));
    }

    private Picture decode(String name, String base64) {
        byte[] bytes;
        try {
            bytes = Base64.getDecoder().decode(base64.substring(base64.startsWith("data:") ? base64.indexOf(',') + 1 : 0));
        } catch (IllegalArgumentException e) {
            throw RefusedOrder.badRequest("'" + name + "': 'data' is not Base64: " + e.getMessage());
        }
        try {
            return reader().read(new ByteArrayInputStream(bytes));
        } catch (WurstchenException e) {
            throw RefusedOrder.badRequest("'" + name + "': " + e.getMessage());
        }
    }

    private Picture decode(String name, GalleryPicture picture) {
        try {
            return reader().read(picture.file());
        } catch (WurstchenException e) {
            throw RefusedOrder.badRequest("'" + name + "': this picture of the gallery cannot be read any more");
        }
    }

    private Picture kept(String name, String sha256) {
        Optional<Picture> found = gallery.inputs().find(sha256);
        return found.orElseThrow(() -> RefusedOrder.badRequest("'" + name + "': the picture that this one began with is not kept here; drop it on"
                + " the page again, or leave '" + name + "' out"));
    }

    private PictureReader reader() {
        return PictureReader.create().maxBytes(limits.bodyBytes()).maxPixels(limits.inputPixels());
    }
}
