package wurstchen.onnx.internal.binding;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OnnxValue;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import com.google.common.collect.ImmutableMap;
import java.util.Map;

/** A run through the Java API with pinned outputs. */
final class JavaBinding implements PreparedRun {
    private final OrtSession session;
    private final OrtSession.RunOptions options;
    private final ImmutableMap<String, OnnxTensor> inputs;
    private final ImmutableMap<String, OnnxTensor> outputs;
    private final ImmutableMap<String, ElementType> allocated;
    private ImmutableMap<String, Tensor> made = ImmutableMap.of();
    private boolean closed;

    JavaBinding(OrtSession session, RunPlan plan) throws OrtException {
        this.session = session;
        this.inputs = tensors(plan.inputs());
        this.outputs = tensors(plan.outputs());
        this.allocated = plan.allocated();
        this.options = new OrtSession.RunOptions();
        if (plan.returnsMemory()) {
            options.addRunConfigEntry(NativeRunOptions.RETURN_MEMORY, NativeRunOptions.RETURN_MEMORY_OF_CPU);
        }
    }

    private static ImmutableMap<String, OnnxTensor> tensors(Map<String, Tensor> tensors) {
        ImmutableMap.Builder<String, OnnxTensor> java = ImmutableMap.builder();
        tensors.forEach((name, tensor) -> java.put(name, ((JavaTensor) tensor).tensor()));
        return java.buildOrThrow();
    }

    @Override
    public void run() throws OrtException {
        OrtSession.Result result = session.run(inputs, allocated.keySet(), outputs, options);
        ImmutableMap.Builder<String, Tensor> tensors = ImmutableMap.builder();
        for (Map.Entry<String, ElementType> output : allocated.entrySet()) {
            OnnxValue value = result.get(output.getKey()).orElseThrow();
            tensors.put(output.getKey(), JavaTensor.ofGraph((OnnxTensor) value, output.getValue()));
        }
        // The result is not closed: that would free the tensors that the graph made, and it holds nothing else.
        made = tensors.buildOrThrow();
    }

    @Override
    public void runAhead(PreparedRun next) throws OrtException {
        run();
    }

    @Override
    public void settle() {
        // Nothing is queued ahead.
    }

    @Override
    public ImmutableMap<String, Tensor> takeAllocated() {
        ImmutableMap<String, Tensor> taken = made;
        made = ImmutableMap.of();
        return taken;
    }

    @Override
    public void terminate() {
        setTerminate(true);
    }

    @Override
    public void clearTerminate() {
        setTerminate(false);
    }

    private synchronized void setTerminate(boolean value) {
        try {
            if (!closed) {
                options.setTerminate(value);
            }
        } catch (OrtException e) {
            throw new IllegalStateException("ONNX Runtime refuses run options that it made", e);
        }
    }

    @Override
    public synchronized void close() {
        if (!closed) {
            closed = true;
            options.close();
        }
    }
}
