package wurstchen.studio.http;

import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import wurstchen.studio.Studio;
import wurstchen.studio.job.Job;
import wurstchen.studio.order.RefusedOrder;

/** Jobs: {@code /api/pictures}. */
final class PictureRoutes {
    private final Studio studio;
    private final Bodies bodies;
    private final EventStream events;

    PictureRoutes(Studio studio, Bodies bodies) {
        this.studio = studio;
        this.bodies = bodies;
        this.events = new EventStream(studio.limits().streams());
    }

    void register(RoutesConfig routes) {
        routes.post("/api/pictures", this::create);
        routes.get("/api/pictures/{id}", this::show);
        routes.get("/api/pictures/{id}/events", context -> events.write(context, job(context)));
        routes.post("/api/pictures/{id}/left", this::left);
        routes.delete("/api/pictures/{id}", this::cancel);
    }

    private void create(Context context) {
        bodies.json(context, json -> {
            Job job = studio.jobs().submit(studio.orders().read(json));
            context.header("Location", "/api/pictures/" + job.id());
            Json.send(context, 201, Json.of(job, job.now().state()));
        });
    }

    private void show(Context context) {
        Job job = job(context);
        job.presence().asked();
        Json.send(context, 200, Json.of(job, job.now().state()));
    }

    private void left(Context context) {
        job(context).presence().left();
        context.status(204);
    }

    private void cancel(Context context) {
        job(context).cancel();
        context.status(204);
    }

    private Job job(Context context) {
        return studio.jobs().find(context.pathParam("id")).orElseThrow(
                () -> new RefusedOrder(404, "there is no such job: it ended long ago, or the studio was started anew"));
    }
}
