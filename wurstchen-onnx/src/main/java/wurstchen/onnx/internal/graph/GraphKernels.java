package wurstchen.onnx.internal.graph;

import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession.SessionOptions;
import com.google.common.collect.ImmutableSet;
import java.util.Optional;
import wurstchen.onnx.GraphSpec;
import wurstchen.onnx.internal.operators.DeviceOperators;

/**
 * The operators of a graph that this library's kernels compute. The others are computed by functions of standard operators.
 *
 * @param device empty if no operator has a kernel
 */
record GraphKernels(Optional<DeviceOperators> device) {
    static final GraphKernels NONE = new GraphKernels(Optional.empty());

    /** Returns the kernels that a device has for a graph. If there are none where some would be expected, the engine notes the reason. */
    static GraphKernels of(GraphOperators graph, OnnxEngine engine, GraphSpec spec) {
        Optional<DeviceOperators> device = engine.memory().operators();
        if (device.isEmpty() || !graph.use(DeviceOperators.DOMAIN)) {
            return NONE;
        }
        Optional<String> problem = device.get().problem();
        if (problem.isPresent()) {
            engine.note("operators: off (" + problem.get() + ")");
            return NONE;
        }
        long version = graph.version(DeviceOperators.DOMAIN).orElse(0);
        if (version != DeviceOperators.VERSION) {
            engine.note(spec.name() + ": operators: off (the graph has version " + version + " of the domain " + DeviceOperators.DOMAIN
                    + ", the kernels are for version " + DeviceOperators.VERSION + ")");
            return NONE;
        }
        return new GraphKernels(device);
    }

    boolean areUsed() {
        return device.isPresent();
    }

    /** Returns the operators that have kernels. */
    ImmutableSet<GraphOperators.Operator> names() {
        return device.map(DeviceOperators::names).orElse(ImmutableSet.of()).stream()
                .map(name -> new GraphOperators.Operator(DeviceOperators.DOMAIN, name))
                .collect(ImmutableSet.toImmutableSet());
    }

    /** Registers the kernels in a session's options. */
    void addTo(SessionOptions options) throws OrtException {
        if (device.isPresent()) {
            device.get().addTo(options);
        }
    }
}
