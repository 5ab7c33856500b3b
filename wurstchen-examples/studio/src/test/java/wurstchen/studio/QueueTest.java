package wurstchen.studio;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import wurstchen.studio.Client.Answer;

/** Jobs that wait, are cancelled or left. */
class QueueTest {
    @TempDir
    private static Path folder;

    private static RunningStudio studio;
    private static Client client;

    @BeforeAll
    static void start() {
        studio = RunningStudio.start(folder.resolve("gallery"), Limits.USUAL.withJobs(3));
        client = studio.client();
    }

    @AfterAll
    static void stop() {
        studio.close();
    }

    /** Leaves nothing to the next test. */
    @AfterEach
    void cancelAll() throws Exception {
        for (JsonNode job : started) {
            client.delete("/api/pictures/" + job.path("id").asText());
        }
        awaitNoJobs();
    }

    private static void awaitNoJobs() throws InterruptedException {
        while (studio.studio().jobs().openJobs() > 0) {
            Thread.sleep(20);
        }
    }

    private final List<JsonNode> started = new ArrayList<>();

    private JsonNode draw(ObjectNode order) throws Exception {
        started.add(client.draw(order));
        return started.get(started.size() - 1);
    }

    /** Takes so long that a test is done before. */
    private static ObjectNode longOrder() {
        return Client.order("a long one").put("stage-c-steps", 1000).put("stage-b-steps", 1000).put("pictures", 8);
    }

    private JsonNode state(JsonNode job) throws Exception {
        return client.get("/api/pictures/" + job.path("id").asText()).json();
    }

    @Test
    void jobThatIsDrawn_isCancelledWithinAStep_andTheNextOneIsDrawn() throws Exception {
        JsonNode first = draw(longOrder());
        client.awaitDrawing(first);
        JsonNode second = draw(Client.order("the next one"));

        assertThat(client.delete("/api/pictures/" + first.path("id").asText()).status()).isEqualTo(204);

        assertThat(client.end(first).path("state").asText()).isEqualTo("cancelled");
        assertThat(client.end(second).path("state").asText()).isEqualTo("done");
    }

    @Test
    void jobsThatWait_knowTheirPlace_andMoveUp() throws Exception {
        JsonNode first = draw(longOrder());
        JsonNode second = draw(longOrder());
        JsonNode third = draw(longOrder());

        assertThat(state(second).path("place").asInt()).isEqualTo(1);
        assertThat(state(third).path("place").asInt()).isEqualTo(2);
        client.delete("/api/pictures/" + second.path("id").asText());

        client.events(third, event -> event.data().path("place").asInt() != 1);
        assertThat(state(second).path("state").asText()).isEqualTo("cancelled");
        assertThat(state(first).path("state").asText()).isIn("waiting", "drawing");
    }

    @Test
    void oneJobTooMany_isRefused_untilOneEnds() throws Exception {
        JsonNode first = draw(longOrder());
        draw(longOrder());
        draw(longOrder());

        Answer refused = client.post("/api/pictures", longOrder());
        assertThat(refused.error()).isEqualTo("3 jobs are waiting, no more are taken: try again later");
        assertThat(refused.status()).isEqualTo(503);

        client.delete("/api/pictures/" + first.path("id").asText());
        client.end(first);
        draw(longOrder());
    }

    @Test
    void jobThatNeedsSomebody_isCancelledWhenItsStreamIsClosed() throws Exception {
        JsonNode job = draw(longOrder().put("cancel-when-left", true));
        client.awaitDrawing(job);

        awaitNoJobs();
        assertThat(state(job).path("state").asText()).isEqualTo("cancelled");
    }

    @Test
    void jobThatNeedsNobody_goesOnWhenItsStreamIsClosed() throws Exception {
        JsonNode job = draw(Client.order("an orphan").put("stage-c-steps", 100));
        client.awaitDrawing(job);

        awaitNoJobs();
        assertThat(state(job).path("state").asText()).isEqualTo("done");
    }

    @Test
    void jobThatIsNotKnown_isSaidToBe() throws Exception {
        Answer answer = client.get("/api/pictures/0123");

        assertThat(answer.error()).isEqualTo("there is no such job: it ended long ago, or the studio was started anew");
        assertThat(answer.status()).isEqualTo(404);
    }
}
