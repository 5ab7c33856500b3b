package wurstchen.onnx.fetch;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** A web server of the files of a folder, which can be made to misbehave for a path. */
public final class FileServer implements AutoCloseable {
    static {
        // Otherwise every answer of an open connection waits 40 ms.
        System.setProperty("sun.net.httpserver.nodelay", "true");
    }

    private final Path folder;
    private final HttpServer server;
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final Map<String, Answer> answers = new ConcurrentHashMap<>();
    private final List<String> requests = new CopyOnWriteArrayList<>();
    private volatile boolean ranges = true;

    /** What the server does instead of sending a file. */
    interface Answer {
        /** {@code file} are the bytes that an honest server would send, from {@code from} on. */
        void send(HttpExchange exchange, byte[] file, int from) throws IOException;
    }

    public FileServer(Path folder) {
        try {
            this.folder = folder;
            server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
            server.createContext("/", this::answer);
            server.setExecutor(threads);
            server.start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public URI uri(String path) {
        return URI.create("http://localhost:" + server.getAddress().getPort() + path);
    }

    /** Answers a path in another way until {@link #behave}. */
    FileServer answer(String path, Answer answer) {
        answers.put(path, answer);
        return this;
    }

    /** Answers a path in another way once. */
    FileServer once(String path, Answer answer) {
        return answer(path, (exchange, file, from) -> {
            answers.remove(path);
            answer.send(exchange, file, from);
        });
    }

    void behave() {
        answers.clear();
    }

    /** Sends whole files, whatever is asked for. */
    void withoutRanges() {
        ranges = false;
    }

    /** Returns the paths that were asked for, with the beginning of the range, such as {@code /model.json 0}. */
    List<String> requests() {
        return List.copyOf(requests);
    }

    /** Breaks off after some bytes. */
    static Answer breakingAfter(int bytes) {
        return (exchange, file, from) -> {
            exchange.sendResponseHeaders(200, file.length);
            exchange.getResponseBody().write(file, 0, bytes);
            exchange.getResponseBody().flush();
            exchange.close();
        };
    }

    static Answer status(int status) {
        return (exchange, file, from) -> exchange.sendResponseHeaders(status, -1);
    }

    static Answer redirecting(String location) {
        return (exchange, file, from) -> {
            exchange.getResponseHeaders().set("Location", location);
            exchange.sendResponseHeaders(302, -1);
        };
    }

    /** Sends bytes without end, and without saying how many. */
    static Answer endless() {
        return (exchange, file, from) -> {
            exchange.sendResponseHeaders(200, 0);
            try (OutputStream out = exchange.getResponseBody()) {
                out.write(file);
                byte[] more = new byte[1 << 16];
                while (!Thread.currentThread().isInterrupted()) {
                    out.write(more);
                }
            }
        };
    }

    /** Sends a byte and no more. */
    Answer silent() {
        return (exchange, file, from) -> {
            exchange.sendResponseHeaders(200, file.length);
            exchange.getResponseBody().write(file, 0, 1);
            exchange.getResponseBody().flush();
            try {
                Thread.sleep(Long.MAX_VALUE);
            } catch (InterruptedException e) {
                exchange.close();
            }
        };
    }

    private void answer(HttpExchange exchange) throws IOException {
        try (exchange) {
            String path = exchange.getRequestURI().getPath();
            String range = exchange.getRequestHeaders().getFirst("Range");
            int from = range == null ? 0 : Integer.parseInt(range.replaceAll("bytes=(\\d+)-", "$1"));
            requests.add(path + " " + from);
            Path file = folder.resolve(path.substring(1));
            byte[] bytes = Files.isRegularFile(file) ? Files.readAllBytes(file) : new byte[0];
            Answer other = answers.get(path);
            if (other != null) {
                other.send(exchange, bytes, from);
            } else if (!Files.isRegularFile(file)) {
                exchange.sendResponseHeaders(404, -1);
            } else {
                send(exchange, bytes, ranges ? from : 0);
            }
        }
    }

    private static void send(HttpExchange exchange, byte[] bytes, int from) throws IOException {
        if (from > 0) {
            exchange.getResponseHeaders().set("Content-Range", "bytes " + from + "-" + (bytes.length - 1) + "/" + bytes.length);
        }
        exchange.sendResponseHeaders(from > 0 ? 206 : 200, bytes.length - from);
        exchange.getResponseBody().write(bytes, from, bytes.length - from);
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }
}
