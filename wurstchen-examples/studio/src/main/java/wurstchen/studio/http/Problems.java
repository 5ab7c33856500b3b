package wurstchen.studio.http;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import io.javalin.http.HttpResponseException;
import io.javalin.http.NotFoundResponse;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import wurstchen.WurstchenException;
import wurstchen.studio.order.RefusedOrder;

/** Errors as JSON: an object with {@code error}, which for OpenAI's clients is an object with {@code message}. */
final class Problems {
    private static final Logger LOG = System.getLogger("wurstchen");
    private static final int RETRY_SECONDS = 5;

    private Problems() {}

    static void register(RoutesConfig routes) {
        routes.exception(RefusedOrder.class, (e, context) -> send(context, e.status(), e.getMessage()));
        routes.exception(WurstchenException.class, (e, context) -> {
            LOG.log(Level.WARNING, "a request failed", e);
            send(context, 500, e.getMessage());
        });
        routes.exception(NotFoundResponse.class, (e, context) -> send(
                context, 404, "there is no " + context.method() + " of this address; /api/openapi.json lists what there is"));
        routes.exception(HttpResponseException.class, (e, context) -> send(context, e.getStatus(), e.getMessage()));
        routes.exception(Exception.class, (e, context) -> {
            LOG.log(Level.ERROR, "a request failed unexpectedly", e);
            send(context, 500, "an unexpected failure, which the studio's log describes");
        });
    }

    private static void send(Context context, int status, String message) {
        if (status == 503) {
            context.header("Retry-After", Integer.toString(RETRY_SECONDS));
        }
        Json.send(context, status, context.path().startsWith("/v1/") ? openAi(status, message) : Json.object().put("error", message));
    }

    private static ObjectNode openAi(int status, String message) {
        ObjectNode json = Json.object();
        json.putObject("error")
                .put("message", message)
                .put("type", status < 500 ? "invalid_request_error" : "server_error")
                .putNull("param")
                .putNull("code");
        return json;
    }
}
