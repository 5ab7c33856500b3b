package wurstchen.onnx.internal.graph;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.OrtSession.SessionOptions;
import com.google.common.collect.ImmutableSet;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import wurstchen.WurstchenException;
import wurstchen.onnx.GraphSpec;
import wurstchen.onnx.ModelBundleException;
import wurstchen.onnx.internal.binding.GraphUse;
import wurstchen.onnx.internal.binding.PrivateMappings;
import wurstchen.onnx.internal.binding.Recordings;
import wurstchen.onnx.internal.binding.SessionSettings;
import wurstchen.onnx.internal.bundle.GraphFile;
import wurstchen.onnx.internal.common.Closing;
import wurstchen.onnx.internal.common.JvmExit;
import wurstchen.onnx.internal.common.OneLine;
import wurstchen.onnx.internal.cuda.CudaCalls;

/**
 * Opens one graph: first with this library's kernels and the most demanding use, then with less. The engine notes what was not possible.
 *
 * @param engine the device
 * @param spec the graph
 * @param file its file
 * @param repeats how often it runs on the same tensors
 * @param optimization whether it is to be optimised
 */
record GraphOpening(OnnxEngine engine, GraphSpec spec, GraphFile file, GraphRepeats repeats, Optimization optimization) {
    /**
     * Opens the graph.
     *
     * @return owned by the caller
     * @throws ModelBundleException if the model's functions cannot be run
     * @throws WurstchenException if ONNX Runtime cannot open it
     */
    BoundSession open() {
        GraphOperators operators = readOperators();
        return open(operators, GraphKernels.of(operators, engine, spec));
    }

    private GraphOperators readOperators() {
        try {
            return GraphOperators.of(file.model());
        } catch (IllegalArgumentException | IndexOutOfBoundsException e) {
            throw new ModelBundleException(spec.file() + ": is no ONNX model; export the bundle again", e);
        }
    }

    private BoundSession open(GraphOperators operators, GraphKernels kernels) {
        return open(operators, kernels, bestUse(operators, kernels));
    }

    private GraphUse bestUse(GraphOperators operators, GraphKernels kernels) {
        GraphUse best = engine.provider().bestUse(repeats != GraphRepeats.NEVER);
        if (best != GraphUse.REPLAYED) {
            return best;
        }
        Optional<String> obstacle = obstacle(operators, kernels);
        obstacle.ifPresent(this::noteOfSteps);
        return obstacle.isPresent() ? GraphUse.WHOLE : best;
    }

    private void noteLess(GraphUse less) {
        if (less == GraphUse.PARTLY) {
            engine.note(spec.name() + ": " + less.note());
        } else {
            noteOfSteps(less.note());
        }
    }

    private void noteOfSteps(String reason) {
        if (repeats == GraphRepeats.EACH_STEP) {
            engine.note(spec.name() + ": " + reason);
        }
    }

    private Optional<String> obstacle(GraphOperators operators, GraphKernels kernels) {
        try {
            return ListingOperators.obstacle(operators, kernels.names());
        } catch (IllegalArgumentException e) {
            throw new ModelBundleException(spec.file() + ": " + OneLine.of(e.getMessage()) + "; export the bundle again", e);
        }
    }

    private BoundSession open(GraphOperators operators, GraphKernels kernels, GraphUse use) {
        try {
            return JvmExit.during(() -> CudaCalls.shared(() -> tryToOpen(operators, kernels, use)));
        } catch (JvmExit.EndingException e) {
            throw new WurstchenException(spec.file() + ": cannot be opened: " + e.getMessage(), e);
        } catch (OrtException e) {
            Optional<GraphUse> less = engine.provider().lessThan(use, e);
            if (less.isPresent()) {
                noteLess(less.get());
                return open(operators, kernels, less.get());
            }
            if (kernels.areUsed()) {
                engine.note(spec.name() + ": operators: off (ONNX Runtime does not open the graph with them: " + OneLine.of(e.getMessage())
                        + ")");
                return open(operators, GraphKernels.NONE);
            }
            throw new WurstchenException(
                    spec.file() + ": ONNX Runtime cannot open it: " + OneLine.of(e.getMessage()) + "; export the bundle again", e);
        }
    }

    private BoundSession tryToOpen(GraphOperators operators, GraphKernels kernels, GraphUse use) throws OrtException {
        Optional<Recordings.Validity> validity =
                Optional.of(PlanningOperators.validity(operators, kernels.names())).filter(how -> use == GraphUse.REPLAYED);
        Optional<BoundSession> opened = tryToOpen(kernels, use, validity, GraphWeights.of(engine, file));
        return opened.isPresent() ? opened.get() : tryToOpen(kernels, use, validity, GraphWeights.held(engine, file)).orElseThrow();
    }

    /** Returns empty if the files of the weights may have been written meanwhile. */
    private Optional<BoundSession> tryToOpen(
            GraphKernels kernels, GraphUse use, Optional<Recordings.Validity> validity, GraphWeights weights) throws OrtException {
        try (SessionOptions options = SessionSettings.of(weights.folder())) {
            engine.provider().configure(options, use, engine.memory().stream());
            optimization.configure(options);
            kernels.addTo(options);
            List<AutoCloseable> opened = new ArrayList<>();
            opened.add(weights);
            try {
                weights.addTo(options);
                OrtSession session = create(options);
                opened.add(() -> PrivateMappings.whileNoneIsReplaced(session::close));
                if (!weights.detach()) {
                    Closing.all(opened);
                    return Optional.empty();
                }
                ImmutableSet<String> hostInputs = engine.memory().hostInputs(session);
                return Optional.of(new BoundSession(spec, engine, session, List.of(weights), hostInputs, validity));
            } catch (IOException e) {
                Closing.afterFailure(e, opened);
                throw new WurstchenException(
                        spec.file() + ": its weights cannot be read: " + OneLine.of(e.toString()) + "; fetch or export the bundle again", e);
            } catch (OrtException | RuntimeException e) {
                Closing.afterFailure(e, opened);
                throw e;
            }
        }
    }

    /**
     * Creates the session. Each thread that opens or runs a graph costs a cuDNN handle, which leaks memory when it is closed: see {@code
     * CudaStream}. So the device thread also opens graphs, except for the largest ones; while those open on other threads, there is time
     * for all others.
     */
    private OrtSession create(SessionOptions options) throws OrtException {
        OrtSession[] created = new OrtSession[1];
        PrivateMappings.whileNoneIsReplaced(() -> created[0] = repeats == GraphRepeats.EACH_STEP
                ? OrtEnvironment.getEnvironment().createSession(file.model(), options)
                : engine.memory().openSession(file.model(), options));
        return created[0];
    }
}
