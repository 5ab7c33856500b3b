package wurstchen.studio.http;

import com.google.common.collect.ImmutableMap;
import io.javalin.Javalin;
import io.javalin.compression.CompressionStrategy;
import io.javalin.config.JavalinConfig;
import io.javalin.http.staticfiles.Location;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.logging.Level;
import java.util.logging.Logger;
import wurstchen.WurstchenException;
import wurstchen.studio.Studio;

/** The HTTP server of a studio. Thread-safe. */
public final class StudioServer implements AutoCloseable {
    private static final String PAGE = "/wurstchen/studio/page";

    /** Nothing but our own files, no inline scripts, no text that becomes HTML, no frames around the page. */
    private static final Map<String, String> HEADERS = ImmutableMap.of(
            "Content-Security-Policy",
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; base-uri 'none';"
                    + " form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'",
            "X-Content-Type-Options", "nosniff",
            "Referrer-Policy", "no-referrer",
            "Cross-Origin-Resource-Policy", "same-origin",
            "Cross-Origin-Opener-Policy", "same-origin",
            "Permissions-Policy", "camera=(), geolocation=(), microphone=()",
            "Cache-Control", "no-store");

    /** Their usual messages at the start are many. Held here, since a logger that nobody holds loses its level. */
    private static final List<Logger> QUIET = List.of(Logger.getLogger("org.eclipse.jetty"), Logger.getLogger("io.javalin"));

    private final Javalin server;

    private StudioServer(Javalin server) {
        this.server = server;
    }

    /**
     * Starts a server.
     *
     * @param studio what it serves
     * @param host the address to bind
     * @param port the port, 0 for any
     * @param token what clients must show; empty if only this machine can connect
     * @return the running server
     * @throws WurstchenException if the port is taken
     */
    public static StudioServer start(Studio studio, String host, int port, Optional<String> token) {
        QUIET.forEach(logger -> logger.setLevel(Level.WARNING));
        Javalin server = Javalin.create(config -> configure(config, studio, new Access(token)));
        try {
            server.start(host, port);
        } catch (RuntimeException e) {
            throw new WurstchenException("cannot listen on " + host + " port " + port + ": " + e.getMessage() + "; name another by --port", e);
        }
        return new StudioServer(server);
    }

    private static void configure(JavalinConfig config, Studio studio, Access access) {
        config.startup.showJavalinBanner = false;
        config.startup.showOldJavalinVersionWarning = false;
        config.startup.startupWatcherEnabled = false;
        // Events would be held back.
        config.http.compressionStrategy = CompressionStrategy.NONE;
        config.http.maxRequestSize = studio.limits().bodyBytes();
        config.jetty.modifyHttpConfiguration(http -> http.setSendServerVersion(false));
        config.staticFiles.add(files -> {
            files.directory = PAGE;
            files.location = Location.CLASSPATH;
            files.headers = Map.of("Cache-Control", "no-store");
        });
        config.routes.before(context -> HEADERS.forEach(context::header));
        config.routes.before(access::check);
        Bodies bodies = new Bodies(studio.limits().bodyBytes());
        new PictureRoutes(studio, bodies).register(config.routes);
        new GalleryRoutes(studio.gallery()).register(config.routes);
        new ModelRoutes(studio, bodies).register(config.routes);
        new OpenAiRoutes(studio, bodies).register(config.routes);
        Problems.register(config.routes);
    }

    /**
     * Returns the port.
     *
     * @return the one that it listens on
     */
    public int port() {
        return server.port();
    }

    /** Ends all connections. */
    @Override
    public void close() {
        server.stop();
    }
}
