package wurstchen.studio.http;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.core.JsonFactory;
import io.javalin.http.Context;
import java.io.IOException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import wurstchen.studio.order.RefusedOrder;

/** Reads what clients send: so much at most, and only a few at a time, since a picture in JSON is in memory three times. Thread-safe. */
final class Bodies {
    private static final int AT_A_TIME = 3;
    private static final long WAIT_SECONDS = 20;
    private static final int MAX_DEPTH = 20;

    private final int most;
    private final ObjectMapper json;
    private final Semaphore free = new Semaphore(AT_A_TIME);

    /**
     * Creates it.
     *
     * @param most bytes of a body
     */
    Bodies(int most) {
        this.most = most;
        StreamReadConstraints limits = StreamReadConstraints.builder().maxStringLength(most).maxNestingDepth(MAX_DEPTH).build();
        this.json = JsonMapper.builder(JsonFactory.builder().streamReadConstraints(limits).build()).build();
    }

    /** Works with a body. */
    interface Work<B> {
        void with(B body);
    }

    /**
     * Reads JSON and works with it while others wait.
     *
     * @throws RefusedOrder if it is none, or too large, or too many others are at it
     */
    void json(Context request, Work<JsonNode> work) {
        String type = String.valueOf(request.contentType());
        if (!type.split(";", 2)[0].strip().equalsIgnoreCase("application/json")) {
            throw new RefusedOrder(415, "the body must be JSON with Content-Type: application/json");
        }
        bytes(request, bytes -> work.with(parse(bytes)));
    }

    private JsonNode parse(byte[] bytes) {
        try {
            JsonNode node = json.readTree(bytes);
            if (node == null || node.isMissingNode()) {
                throw new RefusedOrder(400, "the body is empty; expected a JSON object");
            }
            return node;
        } catch (JsonProcessingException e) {
            throw new RefusedOrder(400, "the body is no valid JSON: " + e.getOriginalMessage());
        } catch (IOException e) {
            throw new RefusedOrder(400, "the body cannot be read");
        }
    }

    /**
     * Reads a body and works with it while others wait.
     *
     * @throws RefusedOrder if it is too large, or too many others are at it
     */
    void bytes(Context request, Work<byte[]> work) {
        if (request.req().getContentLengthLong() > most) {
            throw tooLarge();
        }
        take();
        try {
            byte[] bytes = request.bodyInputStream().readNBytes(most + 1);
            if (bytes.length > most) {
                throw tooLarge();
            }
            work.with(bytes);
        } catch (IOException e) {
            throw new RefusedOrder(400, "the body ended too early");
        } finally {
            free.release();
        }
    }

    private void take() {
        try {
            if (!free.tryAcquire(WAIT_SECONDS, TimeUnit.SECONDS)) {
                throw new RefusedOrder(503, "too many uploads at a time: try again later");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new RefusedOrder(503, "the studio is shutting down");
        }
    }

    private RefusedOrder tooLarge() {
        return new RefusedOrder(413, "a body may have " + (most >> 20) + " MB: send a smaller picture");
    }
}
