package wurstchen.studio.http;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.javalin.http.Context;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Duration;
import java.util.concurrent.Semaphore;
import wurstchen.studio.job.Job;
import wurstchen.studio.order.RefusedOrder;

/**
 * A job's states and previews as server-sent events, until it has ended or the client is gone. A client that is slow gets fewer of them: each
 * event says everything, so the newest is enough.
 *
 * <p>The source of the format is the HTML standard, "Server-sent events". A stream takes one thread of the server.
 */
final class EventStream {
    /** So often something is written, which is how a client that left is noticed. */
    private static final Duration HEARTBEAT = Duration.ofSeconds(1);

    private final Semaphore free;

    /**
     * Creates it.
     *
     * @param most streams at a time
     */
    EventStream(int most) {
        free = new Semaphore(most);
    }

    /**
     * Writes events.
     *
     * @throws RefusedOrder if too many streams are open
     */
    void write(Context context, Job job) {
        if (!free.tryAcquire()) {
            throw new RefusedOrder(503, "too many event streams are open: ask for " + context.path().replace("/events", "") + " now and then");
        }
        job.presence().opened();
        try {
            HttpServletResponse response = context.res();
            response.setContentType("text/event-stream;charset=utf-8");
            response.setHeader("Cache-Control", "no-store");
            write(response.getOutputStream(), job);
        } catch (IOException e) {
            // The client is gone.
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            job.presence().closed();
            free.release();
        }
    }

    private static void write(OutputStream out, Job job) throws IOException, InterruptedException {
        long seen = 0;
        int preview = 0;
        while (true) {
            Job.Snapshot now = job.await(seen, HEARTBEAT);
            if (now.version() == seen) {
                out.write(":\n\n".getBytes(UTF_8));
            } else {
                if (now.preview().isPresent() && now.preview().get().number() != preview) {
                    preview = now.preview().get().number();
                    event(out, "preview", Json.of(now.preview().get()).toString());
                }
                event(out, "state", Json.of(job, now.state()).toString());
                seen = now.version();
            }
            out.flush();
            if (now.state().phase().isEnd()) {
                return;
            }
        }
    }

    private static void event(OutputStream out, String name, String data) throws IOException {
        out.write(("event: " + name + "\ndata: " + data + "\n\n").getBytes(UTF_8));
    }
}
