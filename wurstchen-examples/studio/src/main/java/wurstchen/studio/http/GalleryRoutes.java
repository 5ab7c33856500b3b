package wurstchen.studio.http;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import java.util.Optional;
import wurstchen.studio.gallery.Gallery;
import wurstchen.studio.gallery.GalleryPicture;
import wurstchen.studio.order.RefusedOrder;

/** Finished pictures: {@code /api/gallery}. */
final class GalleryRoutes {
    private static final String ENDING = ".png";
    private static final int USUAL_PAGE = 60;
    private static final int LARGEST_PAGE = 500;

    private final Gallery gallery;

    GalleryRoutes(Gallery gallery) {
        this.gallery = gallery;
    }

    void register(RoutesConfig routes) {
        routes.get("/api/gallery", this::list);
        routes.get("/api/gallery/{name}", this::show);
        routes.delete("/api/gallery/{name}", this::delete);
    }

    private void list(Context context) {
        int most = Math.min(LARGEST_PAGE, number(context.queryParam("limit")));
        List<GalleryPicture> pictures = gallery.list(Optional.ofNullable(context.queryParam("before")), most);
        ObjectNode json = Json.object().put("size", gallery.size());
        ArrayNode array = json.putArray("pictures");
        pictures.forEach(picture -> array.add(Json.of(picture)));
        Json.send(context, 200, json);
    }

    private static int number(String text) {
        if (text == null) {
            return USUAL_PAGE;
        }
        if (!text.matches("[0-9]{1,6}")) {
            throw new RefusedOrder(400, "'limit' must be a whole number");
        }
        return Integer.parseInt(text);
    }

    private void show(Context context) throws IOException {
        String name = context.pathParam("name");
        if (!name.endsWith(ENDING)) {
            Json.send(context, 200, Json.of(find(name)));
            return;
        }
        GalleryPicture picture = find(name.substring(0, name.length() - ENDING.length()));
        context.header("Cache-Control", "private, max-age=31536000, immutable");
        context.header("Content-Disposition", "inline; filename=\"" + picture.id() + ENDING + '"');
        context.contentType("image/png").result(Files.newInputStream(picture.file()));
    }

    private void delete(Context context) {
        gallery.delete(find(context.pathParam("name")));
        context.status(204);
    }

    private GalleryPicture find(String id) {
        return gallery.find(id).orElseThrow(() -> new RefusedOrder(404, "the gallery has no such picture; it may have been deleted"));
    }
}
