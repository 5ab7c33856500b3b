package wurstchen.onnx.internal.graph;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import wurstchen.onnx.GraphSpec;
import wurstchen.onnx.TensorSpec;
import wurstchen.onnx.internal.binding.Tensor;
import wurstchen.onnx.internal.bundle.GraphFile;
import wurstchen.onnx.internal.bundle.WeightBytes;
import wurstchen.onnx.internal.common.ExternalTensor;
import wurstchen.onnx.internal.common.Closing;
import wurstchen.onnx.internal.operators.NodeModel;
import wurstchen.onnx.internal.operators.OperatorCase;
import wurstchen.onnx.internal.operators.OperatorResult;

/** A node's model opened as a step of a model is, with its inputs and outputs on the device. */
final class OpenNode implements AutoCloseable {
    private final OnnxEngine engine;
    private final OperatorCase one;
    private final BoundSession session;
    private final ImmutableMap<String, Tensor> inputs;
    private final GraphOutputs outputs;
    private final GraphRun run;

    /** Opens it, to be recorded if the device records runs. Runs once. */
    OpenNode(OnnxEngine engine, OperatorCase one, NodeModel model) {
        this.engine = engine;
        this.one = one;
        session = new GraphOpening(engine, spec(one), new WholeGraph(model.bytes()), GraphRepeats.EACH_STEP, Optimization.ONLY)
                .open();
        ImmutableMap.Builder<String, Tensor> values = ImmutableMap.builder();
        List<float[]> numbers = one.inputs();
        for (int i = 0; i < numbers.size(); i++) {
            values.put(NodeModel.input(i), engine.upload(numbers.get(i), one.shapes().get(i)));
        }
        inputs = values.buildOrThrow();
        outputs = session.run(inputs, ImmutableMap.of());
        run = session.prepareRepeated(inputs, outputs.tensors(), one.shapes());
    }

    /** A graph that holds its weights itself. */
    @SuppressWarnings("ArrayRecordComponent")
    private record WholeGraph(byte[] model) implements GraphFile {
        @Override
        public Optional<Path> folder() {
            return Optional.of(Path.of(""));
        }

        @Override
        public ImmutableList<ExternalTensor> external() {
            return ImmutableList.of();
        }

        @Override
        public ImmutableList<WeightBytes> readWeights() {
            return ImmutableList.of();
        }

        @Override
        public boolean isUnchanged() {
            return true;
        }
    }

    private static GraphSpec spec(OperatorCase one) {
        return new GraphSpec(
                "node",
                "node.onnx",
                tensors(IntStream.range(0, one.signature().inputs().size()).mapToObj(NodeModel::input).toList()),
                tensors(IntStream.range(0, one.signature().outputs().size()).mapToObj(NodeModel::output).toList()));
    }

    private static ImmutableList<TensorSpec> tensors(List<String> names) {
        return names.stream()
                .map(name -> new TensorSpec(name, TensorSpec.FLOAT32, ImmutableList.of("any")))
                .collect(ImmutableList.toImmutableList());
    }

    /** Runs it once more, from some runs on as a recording. */
    void run() {
        run.run();
    }

    /** Returns what the latest run gave. */
    List<OperatorResult> results() {
        return IntStream.range(0, one.signature().outputs().size())
                .mapToObj(i -> outputs.tensors().get(NodeModel.output(i)))
                .map(tensor -> new OperatorResult(tensor.shape(), engine.readFloats(tensor)))
                .toList();
    }

    /** Overwrites the outputs. */
    void forgetResults() {
        outputs.tensors().values().forEach(tensor -> engine.write(
                tensor, 0, new float[Math.toIntExact(tensor.values())], 0, Math.toIntExact(tensor.values())));
    }

    @Override
    public void close() {
        Closing.all(ImmutableList.<AutoCloseable>builder()
                .addAll(Collections.unmodifiableCollection(inputs.values()))
                .add(session, outputs, run)
                .build());
    }
}
