package wurstchen.onnx.internal.graph;

import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession.SessionOptions;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import wurstchen.onnx.internal.binding.DeviceWeights;
import wurstchen.onnx.internal.binding.PrivateMappings;
import wurstchen.onnx.internal.bundle.GraphFile;
import wurstchen.onnx.internal.common.Closing;
import wurstchen.onnx.internal.common.ExternalTensor;
import wurstchen.onnx.internal.common.HostSystem;

/**
 * The weights of a graph that lie outside of it, on their way to a session:
 *
 * <ul>
 *   <li>on a GPU, large ones are read into its memory, and ONNX Runtime reads the rest from the folder;
 *   <li>on the CPU, ONNX Runtime maps the files, and what it still uses once the session is open is replaced by memory of this process;
 *   <li>where that cannot be done, or the files are not in a folder on disk or may have been written meanwhile, they are read into Java's
 *       memory and compared with the manifest.
 * </ul>
 *
 * <p>To be closed after the session.
 */
final class GraphWeights implements AutoCloseable {
    private final OnnxEngine engine;
    private final GraphFile file;
    private final Optional<Path> folder;
    private final boolean replacesMappings;
    private final List<AutoCloseable> held = new ArrayList<>();

    private GraphWeights(OnnxEngine engine, GraphFile file, Optional<Path> folder, boolean replacesMappings) {
        this.engine = engine;
        this.file = file;
        this.folder = folder;
        this.replacesMappings = replacesMappings;
    }

    /** Returns weights in the way that takes least memory. */
    static GraphWeights of(OnnxEngine engine, GraphFile file) {
        HostSystem host = HostSystem.current();
        if (!engine.memory().isHost() || engine.mapsWeights() || host.windows()) {
            return new GraphWeights(engine, file, file.folder(), false);
        }
        boolean mapped = file.folder().isPresent() && PrivateMappings.areSupported(host) && file.isUnchanged();
        return mapped ? new GraphWeights(engine, file, file.folder(), true) : held(engine, file);
    }

    /** Returns weights that are read into Java's memory. */
    static GraphWeights held(OnnxEngine engine, GraphFile file) {
        return new GraphWeights(engine, file, Optional.empty(), false);
    }

    /** Returns the folder in which ONNX Runtime may look for weights; empty if it gets all of them from here. */
    Optional<Path> folder() {
        return folder;
    }

    /** Reads weights and adds them to the options of the session. */
    void addTo(SessionOptions options) throws IOException, OrtException {
        if (folder.isEmpty()) {
            HostWeights weights = HostWeights.of(file.readWeights());
            held.add(weights);
            weights.addTo(options);
        } else if (!engine.memory().isHost()) {
            Optional<DeviceWeights> read = engine.memory().readWeights(folder.get(), file.external());
            if (read.isPresent()) {
                held.add(read.get());
                read.get().addTo(options);
            }
        }
    }

    /**
     * Makes an open session independent of the files.
     *
     * @return false if the files may have been written while it opened, so that it must be opened with {@link #held} weights
     */
    boolean detach() {
        if (!replacesMappings) {
            return true;
        }
        Set<Path> files = new HashSet<>();
        for (ExternalTensor tensor : file.external()) {
            files.add(folder.orElseThrow().resolve(tensor.location()));
        }
        try {
            PrivateMappings.replace(files);
        } catch (IOException e) {
            return false; // A file was truncated, or there is no memory: the weights are read, which says what is wrong.
        }
        return file.isUnchanged();
    }

    @Override
    public void close() {
        Closing.all(held);
        held.clear();
    }
}
