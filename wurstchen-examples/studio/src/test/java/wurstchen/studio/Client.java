package wurstchen.studio;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/** A program that uses the JSON API. */
public final class Client {
    private static final ObjectMapper JSON = new ObjectMapper();

    private final HttpClient http = HttpClient.newHttpClient();
    private final String address;

    /** Creates a client of a server on this machine. */
    public Client(int port) {
        this.address = "http://localhost:" + port;
    }

    /** An answer. */
    public record Answer(int status, JsonNode json) {
        /** Returns the sentence that an error has. */
        public String error() {
            return json.path("error").asText();
        }
    }

    /** An event of a stream. */
    public record Event(String name, JsonNode data) {}

    /** Returns an order of few steps. */
    public static ObjectNode order(String prompt) {
        return JSON.createObjectNode().put("prompt", prompt).put("seed", 1).put("stage-c-steps", 4).put("stage-b-steps", 2);
    }

    /** Returns an empty object. */
    public static ObjectNode object() {
        return JSON.createObjectNode();
    }

    /** Returns a request that can be changed before it is sent. */
    public HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(URI.create(address + path));
    }

    /** Sends a request, and reads JSON if there is any. */
    public Answer send(HttpRequest.Builder request) throws IOException, InterruptedException {
        HttpResponse<String> response = http.send(request.build(), BodyHandlers.ofString(UTF_8));
        boolean isJson = response.headers().firstValue("content-type").orElse("").startsWith("application/json");
        return new Answer(response.statusCode(), isJson ? JSON.readTree(response.body()) : JSON.missingNode());
    }

    public Answer get(String path) throws IOException, InterruptedException {
        return send(request(path));
    }

    public Answer delete(String path) throws IOException, InterruptedException {
        return send(request(path).DELETE());
    }

    public Answer post(String path, String type, byte[] body) throws IOException, InterruptedException {
        return send(request(path).header("Content-Type", type).POST(BodyPublishers.ofByteArray(body)));
    }

    public Answer post(String path, JsonNode body) throws IOException, InterruptedException {
        return post(path, "application/json", body.toString().getBytes(UTF_8));
    }

    public byte[] bytes(String path) throws IOException, InterruptedException {
        return http.send(request(path).build(), BodyHandlers.ofByteArray()).body();
    }

    /** Sends an order that is accepted, and returns the job. */
    public JsonNode draw(JsonNode order) throws IOException, InterruptedException {
        Answer answer = post("/api/pictures", order);
        if (answer.status() != 201) {
            throw new IllegalStateException(answer.toString());
        }
        return answer.json();
    }

    /** Reads a job's events to the end, or as long as a test wants to. */
    public List<Event> events(JsonNode job, Predicate<Event> goOn) throws IOException, InterruptedException {
        List<Event> events = new ArrayList<>();
        var stream = http.send(request(job.path("events").asText()).build(), BodyHandlers.ofInputStream()).body();
        try (BufferedReader in = new BufferedReader(new InputStreamReader(stream, UTF_8))) {
            String name = "";
            for (String line = in.readLine(); line != null; line = in.readLine()) {
                if (line.startsWith("event: ")) {
                    name = line.substring("event: ".length());
                } else if (line.startsWith("data: ")) {
                    events.add(new Event(name, JSON.readTree(line.substring("data: ".length()))));
                    if (!goOn.test(events.get(events.size() - 1))) {
                        return events;
                    }
                }
            }
        }
        return events;
    }

    /** Waits for a job's last state. */
    public JsonNode end(JsonNode job) throws IOException, InterruptedException {
        List<Event> events = events(job, event -> true);
        return events.get(events.size() - 1).data();
    }

    /** Waits until a job is drawn. */
    public void awaitDrawing(JsonNode job) throws IOException, InterruptedException {
        events(job, event -> !event.data().path("state").asText().equals("drawing"));
    }
}
