package wurstchen.studio;

import java.nio.file.Path;
import java.util.Optional;
import wurstchen.onnx.Device;
import wurstchen.onnx.ModelBundle;
import wurstchen.studio.http.StudioServer;

/** A studio with the model in the box, in this process. */
final class RunningStudio implements AutoCloseable {
    private final Studio studio;
    private final StudioServer server;

    private RunningStudio(Studio studio, StudioServer server) {
        this.studio = studio;
        this.server = server;
    }

    static RunningStudio start(Path gallery, Limits limits) {
        return start(ModelBundle.openResource(RunningStudio.class, "wurstchen/model"), gallery, limits, Optional.empty());
    }

    static RunningStudio start(ModelBundle model, Path gallery, Limits limits, Optional<String> token) {
        Studio studio = Studio.open(model, Device.cpu(), gallery, limits);
        return new RunningStudio(studio, StudioServer.start(studio, "127.0.0.1", 0, token));
    }

    Studio studio() {
        return studio;
    }

    int port() {
        return server.port();
    }

    Client client() {
        return new Client(server.port());
    }

    @Override
    public void close() {
        studio.close();
        server.close();
    }
}
