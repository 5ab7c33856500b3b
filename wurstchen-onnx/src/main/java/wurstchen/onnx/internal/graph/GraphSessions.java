package wurstchen.onnx.internal.graph;

import static java.util.Objects.requireNonNull;

import com.google.common.collect.ImmutableMap;
import com.google.common.util.concurrent.Uninterruptibles;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import wurstchen.WurstchenException;
import wurstchen.onnx.GraphSpec;
import wurstchen.onnx.ModelBundleException;
import wurstchen.onnx.internal.bundle.KeptGraphs;
import wurstchen.onnx.internal.bundle.VerifiedBundle;
import wurstchen.onnx.internal.common.Closing;
import wurstchen.onnx.internal.common.HostSystem;
import wurstchen.onnx.internal.common.OneLine;

/** Opens graphs of a verified bundle, several in parallel, and either all of them or none. */
public final class GraphSessions {
    private GraphSessions() {}

    /**
     * Opens the graphs of the given names.
     *
     * @return the sessions in the order of the names, owned by the caller
     * @throws ModelBundleException if a graph is not what the manifest says
     * @throws WurstchenException if ONNX Runtime cannot open one
     */
    public static ImmutableMap<String, BoundSession> open(VerifiedBundle bundle, OnnxEngine engine, Collection<String> names) {
        ExecutorService threads = Executors.newFixedThreadPool(Math.min(names.size(), Runtime.getRuntime().availableProcessors()));
        Optional<KeptGraphs> kept = engine.provider().graphForm().flatMap(form -> KeptGraphs.of(bundle, form, HostSystem.current()));
        Map<String, Future<BoundSession>> opening = new LinkedHashMap<>();
        try {
            for (String name : names) {
                GraphSpec spec = requireNonNull(bundle.manifest().graphs().get(name), name);
                opening.put(name, threads.submit(() -> open(new KeptOpening(bundle, kept, engine, spec))));
            }
        } finally {
            threads.shutdown();
        }
        return allOrNone(opening);
    }

    private static ImmutableMap<String, BoundSession> allOrNone(Map<String, Future<BoundSession>> opening) {
        ImmutableMap.Builder<String, BoundSession> opened = ImmutableMap.builder();
        List<BoundSession> toClose = new ArrayList<>();
        RuntimeException failure = null;
        for (Map.Entry<String, Future<BoundSession>> entry : opening.entrySet()) {
            try {
                BoundSession session = finished(entry.getValue());
                opened.put(entry.getKey(), session);
                toClose.add(session);
            } catch (RuntimeException e) {
                failure = failure == null ? e : failure;
            }
        }
        if (failure != null) {
            Closing.afterFailure(failure, toClose);
            throw failure;
        }
        return opened.buildOrThrow();
    }

    private static BoundSession finished(Future<BoundSession> opening) {
        try {
            // Wait even when interrupted: an open session that nobody holds could not be closed.
            return requireNonNull(Uninterruptibles.getUninterruptibly(opening));
        } catch (ExecutionException e) {
            if (e.getCause() instanceof RuntimeException failure) {
                throw failure;
            }
            throw new WurstchenException("cannot open the model: " + OneLine.of(String.valueOf(e.getCause())), e.getCause());
        }
    }

    /** Retains the engine meanwhile, because another thread may close its owner. */
    private static BoundSession open(KeptOpening opening) {
        opening.engine().retain();
        try {
            return opening.open();
        } finally {
            opening.engine().release();
        }
    }
}
