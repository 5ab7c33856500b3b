package wurstchen.onnx.internal.graph;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import wurstchen.WurstchenException;
import wurstchen.onnx.GraphSpec;
import wurstchen.onnx.internal.bundle.GraphFile;
import wurstchen.onnx.internal.bundle.KeptGraphs;
import wurstchen.onnx.internal.bundle.VerifiedBundle;
import wurstchen.onnx.internal.common.Closing;

/**
 * Opens a graph of a bundle in the form that ONNX Runtime optimised at an earlier start, or keeps that form for later starts.
 *
 * @param bundle the bundle
 * @param kept where optimised forms are kept; empty if they are not
 * @param engine the device
 * @param spec the graph
 */
record KeptOpening(VerifiedBundle bundle, Optional<KeptGraphs> kept, OnnxEngine engine, GraphSpec spec) {
    /**
     * Opens the graph and compares it with the manifest.
     *
     * @return owned by the caller
     * @throws IllegalStateException if the bundle is closed
     */
    BoundSession open() {
        bundle.checkOpen();
        return openKept().orElseGet(this::openAndKeep);
    }

    private Optional<BoundSession> openKept() {
        Optional<GraphFile> file = kept.flatMap(graphs -> graphs.find(spec.file()));
        if (file.isEmpty()) {
            return Optional.empty();
        }
        try {
            return Optional.of(checked(file.get(), Optimization.DONE));
        } catch (RuntimeException e) {
            // Whatever the reason, the graph is optimised again from the bundle.
            kept.get().delete(spec.file());
            return Optional.empty();
        }
    }

    private BoundSession openAndKeep() {
        GraphFile file = bundle.graph(spec.file());
        Optional<Path> target = kept.flatMap(KeptGraphs::begin);
        if (target.isEmpty()) {
            return checked(file, Optimization.ONLY);
        }
        BoundSession session;
        try {
            session = checked(file, Optimization.writtenTo(target.get()));
        } catch (WurstchenException e) {
            kept.get().drop(target.get());
            // The cache may have no room. If the graph is the reason, this throws again.
            return checked(file, Optimization.ONLY);
        }
        kept.get().keep(spec.file(), target.get());
        return session;
    }

    private BoundSession checked(GraphFile file, Optimization optimization) {
        BoundSession session = new GraphOpening(engine, spec, file, GraphRepeats.of(spec), optimization).open();
        try {
            session.checkContract();
            return session;
        } catch (RuntimeException e) {
            Closing.afterFailure(e, List.of(session));
            throw e;
        }
    }
}
