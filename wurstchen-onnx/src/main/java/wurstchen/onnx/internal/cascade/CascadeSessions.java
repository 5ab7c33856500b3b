package wurstchen.onnx.internal.cascade;

import com.google.common.collect.ImmutableMap;
import java.util.Collection;
import wurstchen.onnx.internal.binding.ExecutionProvider;
import wurstchen.onnx.internal.bundle.Family;
import wurstchen.onnx.internal.bundle.VerifiedBundle;
import wurstchen.onnx.internal.graph.BoundSession;
import wurstchen.onnx.internal.graph.GraphSessions;
import wurstchen.onnx.internal.graph.OnnxEngine;

/** Opens graphs of a bundle after checking that they are those of its family. */
final class CascadeSessions {
    private CascadeSessions() {}

    /**
     * Opens the graphs of the given names on an engine of their own.
     *
     * @return the sessions in the order of the names, owned by the caller
     * @throws wurstchen.onnx.ModelBundleException if a graph is not what the manifest or the cascade says
     * @throws wurstchen.WurstchenException if ONNX Runtime cannot open one
     */
    static ImmutableMap<String, BoundSession> open(VerifiedBundle bundle, ExecutionProvider provider, Collection<String> names) {
        OnnxEngine engine = OnnxEngine.open(provider);
        try {
            return open(bundle, engine, names);
        } finally {
            // The sessions retain the engine from here on.
            engine.release();
        }
    }

    /** As {@link #open(VerifiedBundle, ExecutionProvider, Collection)}, for sessions that share an engine. */
    static ImmutableMap<String, BoundSession> open(VerifiedBundle bundle, OnnxEngine engine, Collection<String> names) {
        Family.of(bundle.manifest()).check(bundle.manifest());
        return GraphSessions.open(bundle, engine, names);
    }
}
