package wurstchen.onnx;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtLoggingLevel;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.OrtSession.SessionOptions;
import com.google.common.collect.ImmutableMap;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import wurstchen.WurstchenException;

/** Opens graphs of a verified bundle, several at a time, and all of them or none. */
final class GraphSessions {
    private GraphSessions() {}

    /**
     * Opens the graphs of the given names.
     *
     * @return the sessions in the order of the names, owned by the caller
     * @throws ModelBundleException if a graph is not what the manifest says
     * @throws WurstchenException if ONNX Runtime cannot open one
     */
    static ImmutableMap<String, BoundSession> open(ModelBundle bundle, Device device, Collection<String> names) {
        CascadeContract.check(bundle.manifest());
        OrtLibraries.prepare();
        ExecutorService threads = Executors.newFixedThreadPool(Math.min(names.size(), Runtime.getRuntime().availableProcessors()));
        Map<String, Future<BoundSession>> opening = new LinkedHashMap<>();
        try {
            for (String name : names) {
                GraphSpec spec = bundle.manifest().graphs().get(name);
                opening.put(name, threads.submit(() -> open(bundle, device, spec)));
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
        boolean interrupted = false;
        try {
            // Not to be left half-way: an open session that nobody holds could not be closed.
            while (true) {
                try {
                    return opening.get();
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
        } catch (ExecutionException e) {
            if (e.getCause() instanceof RuntimeException failure) {
                throw failure;
            }
            throw new WurstchenException("cannot open the model: " + OneLine.of(e.getCause().toString()), e.getCause());
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private static BoundSession open(ModelBundle bundle, Device device, GraphSpec spec) {
        byte[] model = bundle.read(spec.file()).orElseThrow();
        ExternalData.check(spec.file(), model, bundle.manifest().files().keySet());
        try (SessionOptions options = new SessionOptions()) {
            options.setOptimizationLevel(SessionOptions.OptLevel.ALL_OPT);
            options.setMemoryPatternOptimization(true);
            // What ONNX Runtime has to say of an error is in the exception; a library prints nothing.
            options.setSessionLogLevel(OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL);
            // The bytes were checked as ONNX, so they are not to be read as anything else.
            options.addConfigEntry("session.load_model_format", "ONNX");
            options.addConfigEntry(
                    "session.model_external_initializers_file_folder_path",
                    bundle.folder().resolve(spec.file()).toAbsolutePath().getParent().toString());
            device.configure(options);
            OrtSession session = OrtEnvironment.getEnvironment().createSession(model, options);
            BoundSession bound = new BoundSession(spec, session);
            try {
                GraphContract.check(spec, session);
            } catch (RuntimeException e) {
                Closing.afterFailure(e, List.of(bound));
                throw e;
            }
            return bound;
        } catch (OrtException e) {
            throw new WurstchenException(
                    spec.file() + ": ONNX Runtime cannot open it: " + OneLine.of(e.getMessage()) + "; export the bundle again", e);
        }
    }
}
